/** Mutated bytes without end. HYBRID_SOAK_INPUTS: how many (300,000); HYBRID_SOAK_SEED: where they begin (1). */
import { expect, it } from 'vitest';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { fuzz } from '../support/bytes.js';

const inputs = Number(process.env.HYBRID_SOAK_INPUTS ?? 300_000);
const firstSeed = Number(process.env.HYBRID_SOAK_SEED ?? 1);
const batch = 20_000;

it(`${inputs} mutated inputs from seed ${firstSeed} on are read as the oracle reads them`, async () => {
  const kernels = instantiateKernels(await compileKernels());
  let rows = 0;
  for (let done = 0; done < inputs; done += batch) {
    const { faults, kept } = fuzz(kernels, firstSeed + done / batch, Math.min(batch, inputs - done));
    expect(faults).toEqual([]);
    rows += kept;
    console.log(`${done + batch} inputs, ${rows} rows accepted`);
  }
});
