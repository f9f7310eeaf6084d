/** A few random hostile markets against the oracle in Python; `npm run soak:features` compares many. */
import { expect, it } from 'vitest';
import { freshFolder } from '../support/folder.js';
import { compareMarket, pythonIsThere } from '../support/oracle.js';

// Chosen so that between them no extended column is null everywhere.
const seeds = [4, 7, 11, 19, 23, 31, 37];

it.skipIf(!pythonIsThere()).each(seeds)('market %i agrees with the oracle', async (seed) => {
  expect(await compareMarket(seed, freshFolder(), ['--trades', '250'])).toEqual([]);
});
