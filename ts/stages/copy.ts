/** Copies of a dataset with more columns: a file for a file, a folder of symbols for such a folder. */
import { basename } from 'node:path';
import type { Table as ArrowTable } from 'apache-arrow';
import { HybridError, throwIfAborted } from '../error.js';
import { type ArtifactSummary, writeArtifact } from '../io/artifact.js';
import type { Dataset, DatasetFile } from '../io/dataset.js';
import { FolderArtifact } from '../io/folder.js';
import { writeTables } from '../io/table.js';
import { requireOtherFile } from './formula.js';

export interface CopySource {
  dataset: Dataset;
  /** Called before the first file of each symbol. */
  begin(): void;
  /** The rows of a file with their new columns, in order and of one schema. */
  copy(file: DatasetFile): AsyncIterable<ArrowTable>;
  /** Key-value metadata that the copies have beside those of the dataset. */
  metadata?: Readonly<Record<string, string>>;
}

/** Writes the copy; memory holds a row group of it. Errors: E_USAGE where the dataset itself is named. */
export async function writeCopy(
  out: string,
  source: CopySource,
  signal: AbortSignal,
): Promise<ArtifactSummary[]> {
  const { dataset } = source;
  await requireOtherFile(out, dataset);
  const kept = [...dataset.metadata].filter(([key]) => key !== 'ARROW:schema');
  const metadata = new Map([...kept, ...Object.entries(source.metadata ?? {})]);
  const [first] = dataset.symbols;
  if (dataset.symbols.length > 1 || first!.name !== '') return writeFolder(out, source, metadata, signal);
  source.begin();
  return [
    await writeArtifact(out, (write) => writeTables(source.copy(first!.files[0]!), write, metadata), signal),
  ];
}

async function writeFolder(
  out: string,
  { dataset, begin, copy }: CopySource,
  metadata: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<ArtifactSummary[]> {
  const plain = (path: string) => path.replace(/[/\\]+$/, '');
  if (plain(out) === plain(dataset.path))
    throw new HybridError('E_USAGE', `${out}: expected a folder other than the dataset, got the dataset`, {
      hint: 'Choose another path with --out.',
    });
  const folder = await FolderArtifact.create(out);
  const written: ArtifactSummary[] = [];
  try {
    for (const symbol of dataset.symbols) {
      begin();
      for (const file of symbol.files) {
        const name = `symbol=${symbol.name}/${basename(file.path)}`;
        const part = await folder.part(name);
        try {
          await writeTables(copy(file), (bytes) => part.write(bytes), metadata);
          const { bytes, sha256 } = await part.seal();
          await part.publish();
          written.push({ path: `${plain(out)}/${name}`, bytes, sha256 });
        } finally {
          await part.discard();
        }
      }
    }
    throwIfAborted(signal);
    await folder.publish();
    return written;
  } finally {
    await folder.discard();
  }
}
