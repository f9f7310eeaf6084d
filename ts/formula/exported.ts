/** What a formula is written as in another language, and what is known when it is. */
import type { Expression } from './tree.js';

export interface Exported {
  /** The formula as hybrid prints it. */
  text: string;
  root: Expression;
  /** Rows before the current one on which a value may depend. */
  lookBack: number;
  /** Of hybrid. */
  version: string;
  dataset: {
    path: string;
    /** A folder with a subfolder for each symbol, not a single file. */
    bySymbol: boolean;
  };
}

/** The lines that every exported form begins with. */
export function heading({ text, version }: Exported): string[] {
  return [text, '', `Written by hybrid ${version} (hybrid formula export).`];
}
