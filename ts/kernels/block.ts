/** Blocks of a file: whole lines without the header, read straight into WASM memory. */
import { closeSync, openSync, readSync } from 'node:fs';
import { HybridError } from '../error.js';
import type { Kernels } from './load.js';

/** A range of a plain file, `end` excluded; the reader takes the bytes from the file itself. */
export interface FileRange {
  path: string;
  start: number;
  end: number;
}

/** Bytes that are in memory already: a part of a decompressed file. */
export interface Bytes {
  path: string;
  bytes: Uint8Array;
}

export type Block = FileRange | Bytes;

export function blockLength(block: Block): number {
  return 'bytes' in block ? block.bytes.byteLength : block.end - block.start;
}

type BlockInput = Kernels['BlockInput']['prototype'];

/** This thread's room for blocks; it grows to the largest block and is kept. */
let room: { input: BlockInput; bytes: number } | undefined;

/** Brings a block into WASM memory; the input holds it until the next call. Errors: E_INPUT when the file shrank. */
export function loadBlock(kernels: Kernels, block: Block): { input: BlockInput; length: number } {
  const length = blockLength(block);
  if (room === undefined || room.bytes < length) {
    room?.input.free();
    room = undefined;
    room = { input: new kernels.BlockInput(length), bytes: length };
  }
  const target = room.input.room().subarray(0, length);
  if ('bytes' in block) target.set(block.bytes);
  else readRange(block, target);
  return { input: room.input, length };
}

function readRange({ path, start }: FileRange, target: Uint8Array): void {
  const file = openSync(path, 'r');
  try {
    for (let at = 0; at < target.length; ) {
      const read = readSync(file, target, at, target.length - at, start + at);
      if (read === 0) throw shrank(path);
      at += read;
    }
  } finally {
    closeSync(file);
  }
}

export function shrank(path: string): HybridError {
  return new HybridError(
    'E_INPUT',
    `${path}: expected the file to stay as it is, but it changed while it was read`,
    {
      hint: 'Run the command again once nothing writes to the file.',
    },
  );
}
