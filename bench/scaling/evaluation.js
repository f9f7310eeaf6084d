/**
 * The evaluation of a population with its statistics, one core: rows × 10 and × 100, columns, formulas. What scales
 * keeps its G node-rows a second; sharing makes larger populations cheaper by the node. Checked: each formula's sums
 * over the rows do not depend on the others beside it.
 */
import { loadKernels } from '../kernels/market.js';
import { cpuSeconds, uniform } from '../suite/statistics.js';

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

function shardOf(kernels, { rows, columns }) {
  const random = uniform(5);
  const shard = new kernels.Shard(0, rows, columns);
  for (let c = 0; c < columns; c++)
    shard.setColumn(
      c,
      Float32Array.from({ length: rows }, () => random() * 4 - 2),
    );
  shard.setTarget(
    Float32Array.from({ length: rows }, () => random() - 0.5),
    new Float32Array(rows).fill(1),
  );
  shard.setBlocks(Uint32Array.from({ length: rows / 1024 }, (_, t) => t >> 2));
  return shard;
}

/** Random formulas of sums, differences, products and ratios. */
function populationOf(kernels, { columns, formulas }) {
  const { operators } = JSON.parse(kernels.formulaTable());
  const codes = operators.filter((o) => signs.includes(o.name)).map((o) => o.code);
  const vocabulary = new kernels.Vocabulary(
    new Uint8Array(columns),
    Uint32Array.from({ length: columns }, (_, c) => c),
    Uint8Array.from(codes),
    Uint16Array.from([5]),
    31,
    9,
  );
  const packed = vocabulary.vary(new Uint32Array(), new Uint32Array(3 * formulas), 42, 0, 0);
  const measures = kernels.measureFormulas(packed, columns);
  return { packed, nodes: measures.filter((_, i) => i % 4 === 0).reduce((a, b) => a + b, 0) };
}

async function measure(bench, kernels, size) {
  const shard = shardOf(kernels, size);
  const { packed, nodes } = populationOf(kernels, size);
  const pivots = new Float32Array(size.formulas);
  const evaluate = (programs, some) => shard.evaluate(programs, some, false, 1, 0);
  const first = packed.slice(0, 1 + packed[0]);
  const [alone, together] = [evaluate(first, pivots.slice(0, 1)), evaluate(packed, pivots)];
  const same = alone.every((value, i) => Object.is(value, together[i]));
  bench.expect(same, 'the sums of a formula differ when others stand beside it');
  const rate = () => (nodes * size.rows) / cpuSeconds(() => evaluate(packed, pivots)) / 1e9;
  const subject = `${size.formulas.toLocaleString('en-US')} formulas, ${size.rows.toLocaleString('en-US')} rows, ${size.columns} columns`;
  await bench.contest(subject, speed, [{ who: 'hybrid', run: rate }]);
  shard.free();
}

export async function evaluationBench(bench) {
  const kernels = await loadKernels();
  for (const size of bench.size(variations.full, variations.smoke)) await measure(bench, kernels, size);
}
