/**
 * ln(1 + |a|) in SQL, operation by operation as `formula eval` does (log1p of FreeBSD's msun, as musl has
 * it): ln of a rounded sum is some last bits away, and that is enough to split or to make ties, which ranks bring to
 * light.
 */
import { sqlDouble } from './sql-double.js';
import type { Writer } from './writer.js';

/** Below the first nothing is reduced; what is, comes to lie between half of the second and the second. */
const [small, root] = [0x1a827a / 2 ** 22, 0x16a09e / 2 ** 20].map(sqlDouble);
/** ln 2 in two parts, the first of few digits. */
const [high, low] = [0.6931471803691238, 1.9082149292705877e-10].map(sqlDouble);
/** Of the series of ln((1 + s) / (1 - s)) / s - 2, by the powers of s². */
const series = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
].map(sqlDouble);

/** `a`: a column or a number. */
export function log1pAbs(a: string, writer: Writer): string {
  const part = (name: string, text: string) => writer.define(`log1p_${name}`, text);
  const [l1, l2, l3, l4, l5, l6, l7] = series;
  const x = part('x', `abs(${a})`);
  const u = part('u', `1 + ${x}`);
  const e = part('e', `floor(log2(${u}))`);
  const k = part(
    'k',
    `case when ${x} < ${small} then 0 when ${u} / pow(2, ${e}) >= ${root} then ${e} + 1 else ${e} end`,
  );
  const f = part('f', `case when ${x} < ${small} then ${x} else ${u} / pow(2, ${k} - 1) / 2 - 1 end`);
  const lost = `case when ${k} >= 2 then 1 - (${u} - ${x}) else ${x} - (${u} - 1) end / ${u}`;
  const c = part('c', `case when ${x} < ${small} or ${k} >= 54 then 0 else ${lost} end`);
  const s = part('s', `${f} / (2 + ${f})`);
  const z = part('z', `${s} * ${s}`);
  const w = part('w', `${z} * ${z}`);
  const odd = `${z} * (${l1} + ${w} * (${l3} + ${w} * (${l5} + ${w} * ${l7})))`;
  const even = `${w} * (${l2} + ${w} * (${l4} + ${w} * ${l6}))`;
  const half = part('half', `0.5e0 * ${f} * ${f}`);
  return part(
    'sum',
    `${s} * (${half} + (${odd} + ${even})) + (${k} * ${low} + ${c}) - ${half} + ${f} + ${k} * ${high}`,
  );
}
