/** TA-Lib in WASM (talib-web): loaded from its package, which knows how to fetch its file alone. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as talib from 'talib-web';

/** Its functions; an output has the input's length, with the values in front and zeros behind. */
export async function loadTalib() {
  const wasm = readFileSync(join(createRequire(import.meta.url).resolve('talib-web'), '..', 'talib.wasm'));
  const { fetch } = globalThis;
  globalThis.fetch = async () => new Response(wasm, { headers: { 'Content-Type': 'application/wasm' } });
  await talib.init('talib.wasm').finally(() => {
    globalThis.fetch = fetch;
  });
  return talib;
}
