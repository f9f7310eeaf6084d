/** model.json, read and checked against a dataset. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../../config/nearest.js';
import { HybridError } from '../../error.js';
import { type Dataset, parametersOf } from '../../io/dataset.js';
import { namedColumns } from '../evolve/columns.js';
import type { ModelFile } from '../train/output.js';
import { faultOf } from './faults.js';

/** Reads a model.json, or that of a folder. Errors: E_INPUT. */
export async function readModel(path: string): Promise<ModelFile> {
  const file = (await isFolder(path)) ? join(path, 'model.json') : path;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw HybridError.from(Object.assign(error, { path: file }));
    throw new HybridError('E_INPUT', `${file}: no such file`, {
      hint: 'Run `hybrid train` first, or name its model.json with --model.',
      cause: error,
    });
  });
  const model = parsed(text);
  const fault = typeof model === 'object' && model !== null ? faultOf(model) : 'its format';
  if (fault === undefined) return model as ModelFile;
  throw new HybridError(
    'E_INPUT',
    `${file}: expected a model of \`hybrid train\`, got one that breaks off at ${fault}`,
    {
      hint: 'Name the model.json of this version of `hybrid train` with --model.',
    },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

/** The columns that the dataset itself must have: those of the trees but not of the formulas. */
export function existingColumns({ columns, formulas }: ModelFile): string[] {
  const computed = new Set(formulas.map((f) => f.name));
  return columns.filter((name) => !computed.has(name));
}

/** Errors: E_INPUT where model and dataset both know the parameters of their indicators, and these differ. */
export function requireParameters({ trainedOn }: ModelFile, dataset: Dataset): void {
  const [then, now] = [trainedOn.parameters ?? {}, parametersOf(dataset) ?? {}];
  const apart = Object.keys(then).filter((name) => now[name] !== undefined && now[name] !== then[name]);
  if (apart.length === 0) return;
  const was = apart.map((name) => `${name}=${then[name]}`);
  throw new HybridError(
    'E_INPUT',
    `${dataset.path}: expected indicators with the parameters of the model, ${was.join(', ')}, got ${apart.map((name) => `${name}=${now[name]}`).join(', ')}`,
    { hint: `Prepare the dataset with ${was.map((text) => `--param ${text}`).join(' ')}.` },
  );
}

/** Errors: E_INPUT where a column is missing, with the nearest names; or where an answer's name is taken. */
export function requireColumns(model: ModelFile, dataset: Dataset, answers: readonly string[]): void {
  const known = namedColumns(dataset);
  // Hours are told by the rows' time.
  const needed = [...existingColumns(model), ...(model.hours === null ? [] : ['ts'])];
  const missing = needed.filter((name) => !known.includes(name));
  if (missing.length > 0)
    throw new HybridError(
      'E_INPUT',
      `${dataset.path}: expected the columns of the model, got none named ${missing.map((n) => `"${n}"`).join(', ')}`,
      {
        hint: nearestOf(
          missing,
          known.filter((name) => !needed.includes(name)),
        ),
      },
    );
  const taken = answers.find((name) => dataset.columns.some((c) => c.name === name));
  if (taken === undefined) return;
  throw new HybridError('E_INPUT', `${dataset.path}: expected no column "${taken}", got one`, {
    hint: 'Name the dataset without predictions with --dataset.',
  });
}

function nearestOf(missing: readonly string[], free: readonly string[]): string {
  const found = missing.flatMap((name) => {
    const near = nearest(name, free);
    return near === undefined ? [] : [`"${near}" for "${name}"`];
  });
  const advice = "Prepare the dataset as the model's was.";
  return found.length === 0 ? advice : `Did you mean ${found.slice(0, 5).join(', ')}? ${advice}`;
}
