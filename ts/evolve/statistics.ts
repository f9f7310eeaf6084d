/**
 * Arithmetic on the kernel's block sums. A formula f becomes z: f less its mean over the part, divided by
 * its deviation, 0 where it has no value; so z has mean 0 and variance 1 over all scored rows. The target r
 * has mean 0 and variance 1 already. The portfolio's members g are z of their formulas.
 */
import { cholesky, dot, solveCholesky } from './linear.js';

/** Sums of programs over blocks as the kernel gives them: `[program][block][6 + 2 K]`. */
export interface BlockSums {
  blocks: number;
  /** K, the members whose products the sums hold. */
  members: number;
  sums: Float64Array;
}

/** Places of the kernel's sums; Σ w f g_k and then Σ w g_k follow. f is the formula less its pivot. */
const [W, WF, WFF, WFR, WR, WRR, FIRST_MEMBER] = [0, 1, 2, 3, 4, 5, 6];

/** Added to the diagonal of the members' correlations: two members that nearly coincide stay solvable. */
export const ridgeOfPortfolio = 1e-3;

export interface Moments {
  /** Weight of the rows with a value, over that of all rows. */
  coverage: number;
  /** Mean less the pivot, over the rows with a value. */
  shift: number;
  /** 1 / deviation over all rows, those without a value counted as the mean; 0 for a constant. */
  scale: number;
}

/** Weight of each block: from the sums of a formula that has a value everywhere (a constant). */
export function blockWeights(sums: BlockSums, constant: number): Float64Array {
  const width = widthOf(sums);
  return Float64Array.from(
    { length: sums.blocks },
    (_, b) => sums.sums[(constant * sums.blocks + b) * width + W]!,
  );
}

function widthOf(sums: BlockSums): number {
  return FIRST_MEMBER + 2 * sums.members;
}

export function moments(sums: BlockSums, program: number, totalWeight: number): Moments {
  const width = widthOf(sums);
  let [w, f, ff] = [0, 0, 0];
  for (let b = 0; b < sums.blocks; b++) {
    const at = (program * sums.blocks + b) * width;
    w += sums.sums[at + W]!;
    f += sums.sums[at + WF]!;
    ff += sums.sums[at + WFF]!;
  }
  const shift = w > 0 ? f / w : 0;
  const variance = (ff - f * shift) / totalWeight;
  // f32 products: a variance below the rounding of Σ f² is that of a constant.
  const varies = variance > 1e-9 * (ff / totalWeight) && Number.isFinite(variance);
  return { coverage: w / totalWeight, shift, scale: varies ? 1 / Math.sqrt(variance) : 0 };
}

/** The sums with r − Σ β_k g_k in the place of r, and without the products. */
export function withoutMembers({ blocks, members, sums }: BlockSums, beta: Float64Array): BlockSums {
  const width = FIRST_MEMBER + 2 * members;
  const programs = sums.length / (blocks * width);
  const out = new Float64Array(programs * blocks * FIRST_MEMBER);
  for (let i = 0; i < programs * blocks; i++) {
    const row = sums.subarray(i * width, (i + 1) * width);
    const to = out.subarray(i * FIRST_MEMBER, (i + 1) * FIRST_MEMBER);
    to.set(row.subarray(0, FIRST_MEMBER));
    for (let k = 0; k < members; k++) {
      to[WFR]! -= beta[k]! * row[FIRST_MEMBER + k]!;
      to[WR]! -= beta[k]! * row[FIRST_MEMBER + members + k]!;
    }
  }
  return { blocks, members: 0, sums: out };
}

/** Σ over a block of z r, z², and z g_k. */
export interface StandardSums {
  target: Float64Array;
  square: Float64Array;
  /** `[block][member]`. */
  member: Float64Array;
}

/** Room for one formula's. */
export function standardSums({ blocks, members }: BlockSums): StandardSums {
  return {
    target: new Float64Array(blocks),
    square: new Float64Array(blocks),
    member: new Float64Array(blocks * members),
  };
}

export function standardise(
  sums: BlockSums,
  program: number,
  { shift, scale }: Moments,
  out = standardSums(sums),
): StandardSums {
  const { blocks, members } = sums;
  const width = widthOf(sums);
  for (let b = 0; b < blocks; b++) {
    const own = sums.sums.subarray((program * blocks + b) * width, (program * blocks + b + 1) * width);
    out.target[b] = scale * (own[WFR]! - shift * own[WR]!);
    out.square[b] = Math.max(0, scale * scale * (own[WFF]! - 2 * shift * own[WF]! + shift * shift * own[W]!));
    for (let k = 0; k < members; k++) {
      const [with_, alone] = [own[FIRST_MEMBER + k]!, own[FIRST_MEMBER + members + k]!];
      out.member[b * members + k] = scale * (with_ - shift * alone);
    }
  }
  return out;
}

/** Everything second-order about n formulas and the target, block by block. */
export interface Joint {
  n: number;
  blocks: number;
  weight: Float64Array;
  totalWeight: number;
  /** Σ r² of each block. */
  targetSquare: Float64Array;
  /** Σ z_i r: `[block][i]`. */
  target: Float64Array;
  /** Σ z_i z_j: `[block][i][j]`. */
  gram: Float64Array;
  /** Over all blocks: correlations with the target, and of the formulas with each other. */
  targetCorrelation: Float64Array;
  correlation: Float64Array;
}

/** The joint sums of formulas that were evaluated with themselves as members; `constant` is one more program. */
export function jointOf(
  sums: BlockSums,
  programs: readonly number[],
  constant: number,
  moment: readonly Moments[],
): Joint {
  const n = programs.length;
  const { blocks } = sums;
  const weight = blockWeights(sums, constant);
  const joint: Joint = {
    n,
    blocks,
    weight,
    totalWeight: weight.reduce((a, b) => a + b, 0),
    targetSquare: Float64Array.from(
      { length: blocks },
      (_, b) => sums.sums[(constant * blocks + b) * widthOf(sums) + WRR]!,
    ),
    target: new Float64Array(blocks * n),
    gram: new Float64Array(blocks * n * n),
    targetCorrelation: new Float64Array(n),
    correlation: new Float64Array(n * n),
  };
  programs.forEach((program, i) => {
    const own = standardise(sums, program, moment[i]!);
    for (let b = 0; b < blocks; b++) {
      joint.target[b * n + i] = own.target[b]!;
      for (let j = 0; j < n; j++) joint.gram[(b * n + i) * n + j] = own.member[b * n + j]!;
    }
  });
  correlate(joint);
  return joint;
}

function correlate(joint: Joint): void {
  const { n, blocks, totalWeight, targetCorrelation, correlation } = joint;
  for (let b = 0; b < blocks; b++) {
    for (let i = 0; i < n; i++) targetCorrelation[i]! += joint.target[b * n + i]! / totalWeight;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        // Each pair was summed twice, standardised on one side and on the other: the mean is symmetric.
        const both = joint.gram[(b * n + i) * n + j]! + joint.gram[(b * n + j) * n + i]!;
        correlation[i * n + j]! += both / 2 / totalWeight;
      }
    }
  }
}

/** What a formula's z and the target are on the portfolio: coefficients of the members. */
export interface Projection {
  /** Of the target on the members. */
  beta: Float64Array;
  /** (C + λI), factored. */
  factor: Float64Array;
  members: readonly number[];
}

/** Coefficients over the formulas `members` of a joint. */
export function project(joint: Joint, members: readonly number[]): Projection {
  const { targetCorrelation: target, correlation: matrix } = joint;
  const k = members.length;
  const own = new Float64Array(k * k);
  members.forEach((i, a) => {
    members.forEach((j, b) => {
      own[a * k + b] = matrix[i * joint.n + j]! + (a === b ? ridgeOfPortfolio : 0);
    });
  });
  const factor = factorOf(own, k);
  const c = members.map((i) => target[i]!);
  return { beta: solveCholesky(factor, k, c), factor, members };
}

function factorOf(matrix: Float64Array, n: number): Float64Array {
  for (let extra = 0; ; extra = extra === 0 ? ridgeOfPortfolio : extra * 10) {
    const raised = matrix.slice();
    for (let i = 0; i < n; i++) raised[i * n + i]! += extra;
    const factor = cholesky(raised, n);
    if (factor !== undefined) return factor;
  }
}

/** Coefficients of a formula on the members, from its correlations u with them. */
export function coefficients(projection: Projection, u: Float64Array): Float64Array {
  return solveCholesky(projection.factor, projection.members.length, u);
}

/** What adding a formula with correlations u to the members and c to the target adds to cᵀ(C+λI)⁻¹c. */
export function marginalGain(projection: Projection, u: Float64Array, c: number): number {
  const gamma = coefficients(projection, u);
  const rest = 1 + ridgeOfPortfolio - dot(u, gamma);
  return rest > 1e-9 ? (c - dot(u, projection.beta)) ** 2 / rest : 0;
}

/** A formula's partial correlation with the target given the portfolio, in each block and over all. */
export interface Partial {
  blocks: Float64Array;
  /** Numerator and denominators of each block, for statistics over any set of blocks. */
  product: Float64Array;
  square: Float64Array;
  targetSquare: Float64Array;
  pooled: number;
}

/** The members' own sums in each block, prepared for many formulas. */
export interface MemberBlocks {
  projection: Projection;
  /** Σ g_k r' of each block, r' being the target less its projection: `[block][k]`. */
  rest: Float64Array;
  /** Σ g_k g_l: `[block][k][l]`. */
  gram: Float64Array;
  /** Σ r'² of each block. */
  targetSquare: Float64Array;
}

export function memberBlocks(joint: Joint, projection: Projection): MemberBlocks {
  const { members, beta } = projection;
  const k = members.length;
  const { n, blocks } = joint;
  const out: MemberBlocks = {
    projection,
    rest: new Float64Array(blocks * k),
    gram: new Float64Array(blocks * k * k),
    targetSquare: new Float64Array(blocks),
  };
  for (let b = 0; b < blocks; b++) {
    out.targetSquare[b] = joint.targetSquare[b]!;
    for (let i = 0; i < k; i++) {
      const raw = joint.target[b * n + members[i]!]!;
      let projected = 0;
      for (let j = 0; j < k; j++) {
        const g = joint.gram[(b * n + members[i]!) * n + members[j]!]!;
        out.gram[(b * k + i) * k + j] = g;
        projected += g * beta[j]!;
      }
      out.rest[b * k + i] = raw - projected;
      out.targetSquare[b]! -= beta[i]! * (2 * raw - projected);
    }
  }
  return out;
}

/**
 * The partial correlation of a formula given the members, from its block sums and the coefficients `gamma`
 * of its own z on the members: z' = z − Σ γ_k g_k, r' = r − Σ β_k g_k.
 */
export function partialOf(own: StandardSums, members: MemberBlocks, gamma: Float64Array): Partial {
  const blocks = own.target.length;
  const k = gamma.length;
  const { beta } = members.projection;
  const out: Partial = {
    blocks: new Float64Array(blocks),
    product: new Float64Array(blocks),
    square: new Float64Array(blocks),
    targetSquare: members.targetSquare,
    pooled: 0,
  };
  for (let b = 0; b < blocks; b++) {
    let product = own.target[b]!;
    let square = own.square[b]!;
    for (let i = 0; i < k; i++) {
      const zg = own.member[b * k + i]!;
      product -= beta[i]! * zg + gamma[i]! * members.rest[b * k + i]!;
      let inner = 0;
      for (let j = 0; j < k; j++) inner += gamma[j]! * members.gram[(b * k + i) * k + j]!;
      square += gamma[i]! * (inner - 2 * zg);
    }
    out.product[b] = product;
    out.square[b] = Math.max(0, square);
    out.blocks[b] = ratio(product, square, members.targetSquare[b]!);
  }
  out.pooled = pooled(out);
  return out;
}

/**
 * What each block says of the correlation, in one scale for all: its mean product over the deviations of the whole part.
 * By its own deviations a block in which the target stands still would say ±1; and those of a formula that follows the
 * past hold what came after, so that of a random walk every such formula would seem to be borne out one way.
 */
export function evenBlocks({ product, square, targetSquare }: Partial, weight: Float64Array): Float64Array {
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  const scale = Math.sqrt(sum(square) * sum(targetSquare)) / sum(weight);
  return product.map((p, b) => (weight[b]! > 0 && scale > 0 ? p / weight[b]! / scale : 0));
}

/** A correlation from its sums; 0 where a side does not vary. */
export function ratio(product: number, square: number, targetSquare: number): number {
  const below = square * targetSquare;
  return below > 1e-24 ? Math.max(-1, Math.min(1, product / Math.sqrt(below))) : 0;
}

/** The correlation over all blocks, each counted `counts[b]` times. */
export function pooled(partial: Partial, counts?: ArrayLike<number>): number {
  let [product, square, target] = [0, 0, 0];
  for (let b = 0; b < partial.product.length; b++) {
    const times = counts === undefined ? 1 : counts[b]!;
    product += times * partial.product[b]!;
    square += times * partial.square[b]!;
    target += times * partial.targetSquare[b]!;
  }
  return ratio(product, square, target);
}

export function total(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

/** The correlations of a formula with the members, over all blocks. */
export function memberCorrelations(own: StandardSums, members: number, totalWeight: number): Float64Array {
  const u = new Float64Array(members);
  for (let b = 0; b < own.target.length; b++) {
    for (let i = 0; i < members; i++) u[i]! += own.member[b * members + i]! / totalWeight;
  }
  return u;
}

/** Share of a standard error that one node costs: light, so that an exact formula beats a shorter proxy. */
export const priceOfNode = 0.05;

/** Standard errors that a formula's mean is taken down by. */
export function penaltyOf(nodes: number): number {
  return 0.5 + priceOfNode * nodes;
}

export interface Fitness {
  value: number;
  /** Sign of the relation. */
  sign: 1 | -1;
  mean: number;
  standardError: number;
}

/** Mean of the blocks less half its standard error, less the price of the nodes, times coverage. */
export function fitnessOf(blocks: Float64Array, nodes: number, coverage: number): Fitness {
  const n = blocks.length;
  let sum = 0;
  for (let b = 0; b < n; b++) sum += blocks[b]!;
  const mean = sum / n;
  let squares = 0;
  for (let b = 0; b < n; b++) squares += (blocks[b]! - mean) ** 2;
  const standardError = Math.sqrt(squares / (n - 1) / n);
  const value = Math.abs(mean) - penaltyOf(nodes) * standardError;
  // A formula that is worth nothing gains nothing by having few values.
  return {
    value: value > 0 ? value * coverage : value,
    sign: mean < 0 ? -1 : 1,
    mean: Math.abs(mean),
    standardError,
  };
}
