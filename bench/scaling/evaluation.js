/**
 * The evaluation of a population with its statistics, one core: rows × 10 and × 100, columns, formulas. What scales
 * keeps its G node-rows a second; sharing makes larger populations cheaper by the node. Checked: each formula's sums
 * over the rows do not depend on the others beside it.
 */
import { blockSums, randomColumns, randomPopulation, shardOf } from '../kernels/formulas.js';
import { loadKernels } from '../suite/kernel.js';
import { cpuSeconds } from '../suite/statistics.js';

const speed = { unit: 'G node-rows/s', better: 'more' };
const base = { rows: 16_384, columns: 16, formulas: 500 };
const variations = {
  full: [
    base,
    { ...base, rows: 163_840 },
    { ...base, rows: 1_638_400 },
    { ...base, columns: 4 },
    { ...base, columns: 64 },
    { ...base, formulas: 50 },
    { ...base, formulas: 5000 },
  ],
  smoke: [{ rows: 4096, columns: 4, formulas: 20 }],
};
const signs = ['add', 'sub', 'mul', 'div'];

async function measure(bench, kernels, { rows, columns, formulas }) {
  const shard = shardOf(kernels, randomColumns({ rows, columns, seed: 5 }));
  const isAllowed = ({ name }) => signs.includes(name);
  const { packed, nodes } = randomPopulation(kernels, { columns, formulas, windows: [5], isAllowed });
  const first = packed.slice(0, 1 + packed[0]);
  const [alone, together] = [
    blockSums(kernels, shard, first, columns, 1),
    blockSums(kernels, shard, packed, columns, formulas),
  ];
  const same = alone.every((value, i) => Object.is(value, together[i]));
  bench.expect(same, 'the sums of a formula differ when others stand beside it');
  const seconds = () => cpuSeconds(() => blockSums(kernels, shard, packed, columns, formulas));
  const subject = `${formulas.toLocaleString('en-US')} formulas, ${rows.toLocaleString('en-US')} rows, ${columns} columns`;
  await bench.contest(subject, speed, [{ who: 'hybrid', run: () => (nodes * rows) / seconds() / 1e9 }]);
  shard.free();
}

export async function evaluationBench(bench) {
  const kernels = await loadKernels();
  for (const size of bench.size(variations.full, variations.smoke)) await measure(bench, kernels, size);
}
