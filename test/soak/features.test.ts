/**
 * Random hostile markets through `prepare` and through the oracle in Python, cell by cell.
 * HYBRID_SOAK_MARKETS: how many (200); HYBRID_SOAK_SEED: the first one's seed (1); HYBRID_SOAK_AMBIGUOUS=1: with
 * what the specification leaves open. A market that differs is kept, and its folder is named.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareMarket, pythonIsThere } from '../support/oracle.js';

const markets = Number(process.env.HYBRID_SOAK_MARKETS ?? 200);
const firstSeed = Number(process.env.HYBRID_SOAK_SEED ?? 1);
const ambiguous = process.env.HYBRID_SOAK_AMBIGUOUS === '1' ? ['--ambiguous'] : [];

it.skipIf(!pythonIsThere())(
  `${markets} markets from seed ${firstSeed} on agree with the oracle`,
  async () => {
    const base = mkdtempSync(join(tmpdir(), 'hybrid-soak-'));
    const different: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + markets; seed++) {
      const folder = join(base, String(seed));
      const found = await compareMarket(seed, folder, ambiguous);
      if (found.length === 0) rmSync(folder, { recursive: true });
      else different.push(`seed ${seed} (${folder}): ${found.join('; ')}`);
      if ((seed - firstSeed) % 20 === 19)
        console.log(`${seed - firstSeed + 1} markets, ${different.length} differ`);
    }
    if (different.length === 0) rmSync(base, { recursive: true });
    expect(different).toEqual([]);
  },
);
