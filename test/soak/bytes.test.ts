/** Mutated bytes without end. HYBRID_SOAK_INPUTS: how many of each kind (1,000,000); HYBRID_SOAK_SEED: where they begin (1). */
import { expect, it } from 'vitest';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { fuzz } from '../support/bytes.js';
import { fuzzDialects } from '../support/dialect-bytes.js';

const inputs = Number(process.env.HYBRID_SOAK_INPUTS ?? 1_000_000);
const firstSeed = Number(process.env.HYBRID_SOAK_SEED ?? 1);
const batch = 20_000;

const kernels = instantiateKernels(await compileKernels());

it.each([
  ['canonical bytes', fuzz],
  ['bytes of dialects', fuzzDialects],
])(`${inputs} mutated %s from seed ${firstSeed} on are read as the oracle reads them`, (_, run) => {
  let rows = 0;
  for (let done = 0; done < inputs; done += batch) {
    const { faults, kept } = run(kernels, firstSeed + done / batch, Math.min(batch, inputs - done));
    expect(faults).toEqual([]);
    rows += kept;
    console.log(`${done + batch} inputs, ${rows} rows accepted`);
  }
});
