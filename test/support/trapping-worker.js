// A worker of the pool whose `echo` obeys: a real trap of WebAssembly, a kernel's own error, or its thread's number.
import { threadId } from 'node:worker_threads';
import { callKernel } from '../../dist/kernels/load.js';
import { handlers } from '../../dist/pool/handlers.js';

/** `(module (func (export "t") unreachable))` */
const unreachable = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11,
]);
const { t: trap } = new WebAssembly.Instance(new WebAssembly.Module(unreachable)).exports;

function refuse() {
  throw Object.assign(new Error('here: expected this, got that'), { name: 'E_INPUT', hint: 'Do this.' });
}

handlers.echo = (_, what) => {
  if (what === 'trap') callKernel(trap);
  if (what === 'refuse') callKernel(refuse);
  return threadId;
};

export { default } from '../../dist/pool/worker.js';
