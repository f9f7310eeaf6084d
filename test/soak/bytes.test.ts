/** Mutated bytes without end. HYBRID_SOAK_INPUTS: how many of each kind (1,000,000); HYBRID_SOAK_SEED: where they begin (1). */
import { setImmediate as immediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { fuzz } from '../support/bytes.js';
import { fuzzDialects } from '../support/dialect-bytes.js';

const inputs = Number(process.env.HYBRID_SOAK_INPUTS ?? 1_000_000);
const firstSeed = Number(process.env.HYBRID_SOAK_SEED ?? 1);
/** Inputs of one seed. */
const batch = 1000;
const told = 20_000;

const kernels = instantiateKernels(await compileKernels());

it.each([
  ['canonical bytes', fuzz],
  ['bytes of dialects', fuzzDialects],
])(`${inputs} mutated %s from seed ${firstSeed} on are read as the oracle reads them`, async (name, run) => {
  let rows = 0;
  for (let done = 0; done < inputs; done += batch) {
    const { faults, kept } = run(kernels, firstSeed + done / batch, Math.min(batch, inputs - done));
    expect(faults).toEqual([]);
    rows += kept;
    if ((done + batch) % told === 0) console.log(`${name}: ${done + batch} inputs, ${rows} rows accepted`);
    // The runner gives up on a test that keeps its thread busy for a minute.
    await immediate();
  }
});
