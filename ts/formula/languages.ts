/** The languages that a formula can be written in. */
import type { Exported } from './exported.js';
import { writeLatex } from './latex.js';
import { writePine } from './pine.js';
import { writePolars } from './polars.js';
import { writePython } from './python.js';
import { writeSql } from './sql.js';
import { writeTypescript } from './typescript.js';

export const languages = {
  python: writePython,
  polars: writePolars,
  sql: writeSql,
  typescript: writeTypescript,
  pine: writePine,
  latex: writeLatex,
} satisfies Record<string, (formula: Exported) => string>;

export type LanguageName = keyof typeof languages;
