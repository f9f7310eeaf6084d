/** The order of the test files: those that take long come first, so that no worker is left with one at the end. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest alone, the longest first. */
const long = [
  'pipeline/real-data',
  'bench/smoke',
  'faults/export-resume',
  'property/prepare',
  'property/checkpoint',
  'cli/evolve',
  'cli/train',
  'cli/demo',
  'property/since-last',
  'cli/since-last',
  'report/evolution',
  'property/evolve-acceptance',
  'property/evolve',
  'property/honesty',
  'faults/export-increments',
  'faults/export-restart',
  'report/training',
  'house/library',
  'property/dialects',
  'property/symbols',
  'postgres/mapping',
  'cli/prepare',
];

/** Files that are not listed come behind, those of units at the very end: they take next to nothing. */
function placeOf(file: string): number {
  const name = relative('test', file).replaceAll('\\', '/').replace('.test.ts', '');
  const place = long.indexOf(name);
  return place >= 0 ? place : long.length + (name.startsWith('unit/') ? 1 : 0);
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const inner = await super.sort(files);
    return inner.toSorted((a, b) => placeOf(a.moduleId) - placeOf(b.moduleId));
  }
}
