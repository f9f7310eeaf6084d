/** A JSON artifact: a manifest, a portfolio, a model. It is shown as it stands. */
import { readFile } from 'node:fs/promises';
import { HybridError } from '../../error.js';
import type { Inspection } from '../inspect.js';

/** Errors: E_INPUT for text that is no JSON object. */
export async function inspectJson(path: string): Promise<Inspection> {
  const about = parse(path, await readFile(path, 'utf8'));
  const kind = typeof about.kind === 'string' ? about.kind : kindByContent(about);
  const rows = typeof about.rows === 'number' ? about.rows : null;
  return { path, kind, rows, columns: [], span: null, about };
}

function parse(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw notJson(path, (cause as Error).message, cause);
  }
  throw notJson(path, 'an array');
}

function notJson(path: string, got: string, cause?: unknown): HybridError {
  return new HybridError('E_INPUT', `${path}: expected a JSON object, got ${got}`, {
    hint: 'Name a CSV file, a Parquet file or dataset folder, or a manifest.',
    cause,
  });
}

/** Artifacts that carry no `kind`. */
function kindByContent(about: Record<string, unknown>): string {
  return 'portfolio' in about ? 'portfolio' : 'json';
}
