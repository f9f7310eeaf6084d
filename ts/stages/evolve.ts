/**
 * `hybrid evolve`: from a dataset to a portfolio of new indicators. If you are looking for
 * - how rows become a problem (labels, parts, residuals), read evolve/problem.ts;
 * - the search itself, read ../evolve/search.ts;
 * - what decides which formulas stay, read ../evolve/judge.ts.
 */
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/fields.js';
import { HybridError, throwIfAborted } from '../error.js';
import { detectableGain, noiseFloor } from '../evolve/honesty.js';
import { judge, type Verdict } from '../evolve/judge.js';
import { Rescaler } from '../evolve/scale.js';
import { type Evaluate, type GenerationRecord, jointSums, type Member, Search } from '../evolve/search.js';
import { type Blocks, type Part, parseSplit } from '../evolve/splits.js';
import type { Joint } from '../evolve/statistics.js';
import { parseSample, parseTarget, type Target } from '../evolve/target.js';
import { chooseTerminals, type Terminal } from '../evolve/terminals.js';
import { type Worth, worthOf } from '../evolve/worth.js';
import { type Dataset, hashDataset, openDataset } from '../io/dataset.js';
import {
  columnProgram,
  createVocabulary,
  type FormulaTable,
  formulaTable,
  measureFormulas,
  type Operator,
  type Program,
  pack,
  printFormulas,
  type Shard,
  simplifyFormulas,
} from '../kernels/formulas.js';
import { callKernel, compileKernels, instantiateKernels, type Kernels } from '../kernels/load.js';
import { createPool, type Pool } from '../pool/pool.js';
import type { Progress } from '../report/progress.js';
import { count } from '../report/table.js';
import { ledgerPath, openHoldout } from './evolve/ledger.js';
import { type ReportedFormula, report, writeResult } from './evolve/output.js';
import {
  addHoldout,
  blocksOf,
  namedColumns,
  type Problem,
  poseProblem,
  type ResidualTarget,
  readSearchColumns,
  residualTarget,
  type SearchColumns,
} from './evolve/problem.js';
import { columnsOf, readSeeds, renumber, type Seed } from './evolve/seeds.js';
import { evaluateOn, planShards, type ShardSource } from './evolve/shards.js';

export interface EvolvePorts {
  progress: Progress;
  signal: AbortSignal;
}

export interface EvolveSummary {
  /** portfolio.json. */
  out: string;
  /** Rows that have a label and are sampled, and how many independent labels they hold. */
  rows: number;
  effectiveRows: number;
  /** The smallest R² that the selection part shows with 90 % power; null where it is too short for a test. */
  detectableGain: number | null;
  generations: number;
  /** Distinct formulas evaluated. */
  trials: number;
  /** The best |correlation| that so many formulas of noise reach on the search part, at least. */
  noiseFloor: number;
  nodeRows: number;
  seconds: number;
  portfolio: ReportedFormula[];
  refused: { formula: string; reason: string }[];
  /** How often the hold-out was opened, by any run, this one included; null when it was not. */
  holdoutOpened: number | null;
}

export type EvolveSettings = Pick<
  Settings,
  | 'dataset'
  | 'evolved'
  | 'threads'
  | 'population'
  | 'generations'
  | 'target'
  | 'columns'
  | 'seedFormulas'
  | 'portfolio'
  | 'maxCorrelation'
  | 'baseline'
  | 'split'
  | 'sample'
  | 'timeLimit'
  | 'seed'
>;

const limits = { maxNodes: 31, maxDepth: 9, maxLookBack: 1024, maxCost: 90 } as const;
const windows = [2, 3, 5, 10, 20, 50, 100, 200, 500] as const;
/** A block of the selection part holds at least so many independent labels; of the search part, so many. */
const labelsPerBlock = { selection: 5, search: 3 } as const;

/** Runs the whole evolution; E_INTERRUPTED leaves an older result as it was. */
export async function evolve(settings: EvolveSettings, ports: EvolvePorts): Promise<EvolveSummary> {
  const start = performance.now();
  const kernels = instantiateKernels(await compileKernels());
  const run = new Run(settings, ports, kernels, formulaTable(kernels));
  await run.prepare();
  const pool = await createPool(settings.threads);
  try {
    await run.search(pool);
    return await run.conclude(start);
  } finally {
    await pool.close();
  }
}

class Run {
  private dataset!: Dataset;
  private seeds: readonly Seed[] | undefined;
  private problem!: Problem;
  private columns!: SearchColumns;
  private terminals!: readonly Terminal[];
  private baselineColumns: readonly Float32Array[] | undefined;
  private residual!: ResidualTarget;
  private blocks!: { search: Blocks; selection: Blocks | undefined };
  private bounds!: { maxNodes: number; maxDepth: number; maxLookBack: number; maxCost: number };
  private readonly target: Target;
  private readonly rescaler: Rescaler;
  private evolution!: Search;
  private evaluator!: (part: Part, blocks: Blocks) => Evaluate;

  constructor(
    private readonly settings: EvolveSettings,
    private readonly ports: EvolvePorts,
    private readonly kernels: Kernels,
    private readonly table: FormulaTable,
  ) {
    this.target = parseTarget(settings.target);
    this.rescaler = new Rescaler(table);
  }

  /** Everything before the first formula: reads, labels, splits, tells what the data can show, fits the baseline. */
  async prepare(): Promise<void> {
    const { settings, ports, kernels } = this;
    const [shares, sample] = [parseSplit(settings.split), parseSample(settings.sample)];
    this.dataset = await openDataset(settings.dataset);
    const names = namedColumns(this.dataset);
    if (settings.seedFormulas !== undefined)
      this.seeds = await readSeeds(settings.seedFormulas, names, kernels);
    this.bounds = this.measureBounds();
    const without = this.target.kind === 'column' ? [this.target.name] : [];
    this.terminals = chooseTerminals(this.dataset.columns, settings.columns, without);
    const phase = ports.progress.phase('read', 0);
    this.problem = await poseProblem(
      this.dataset,
      this.target,
      sample,
      shares,
      this.bounds.maxLookBack,
      kernels,
    );
    this.blocks = this.cutBlocks();
    throwIfAborted(ports.signal);
    const baseline = settings.baseline === 'none' ? [] : this.existingColumns(without);
    this.columns = await readSearchColumns(
      this.dataset,
      this.neededColumns(baseline),
      this.problem.parts.search,
    );
    phase.end(`${count(this.dataset.rows)} rows, ${this.columns.names.length} columns`);
    for (const line of this.preflight()) ports.progress.note(line);
    throwIfAborted(ports.signal);
    this.fitBaseline(baseline);
  }

  /** Limits of size and look-back: wide enough for the seeds, fixed before anything is split. */
  private measureBounds(): { maxNodes: number; maxDepth: number; maxLookBack: number; maxCost: number } {
    const programs = this.seeds?.map((s) => s.program) ?? [];
    const measured = measureFormulas(this.kernels, programs, this.dataset.columns.length);
    return {
      maxNodes: Math.max(limits.maxNodes, ...measured.map((m) => m.nodes)),
      maxDepth: Math.max(limits.maxDepth, ...measured.map((m) => m.depth)),
      maxLookBack: Math.max(limits.maxLookBack, ...measured.map((m) => m.lookBack)),
      maxCost: Math.max(limits.maxCost, ...measured.map((m) => m.cost)),
    };
  }

  private cutBlocks(): { search: Blocks; selection: Blocks | undefined } {
    const { search, selection } = this.problem.parts;
    const blocks = blocksOf(this.problem, search, labelsPerBlock.search);
    if (blocks === undefined) {
      throw new HybridError(
        'E_INPUT',
        `${this.dataset.path}: expected at least ${8 * labelsPerBlock.search} independent labels to search on, got ${search.effectiveRows.toFixed(1)}`,
        { hint: 'Choose a shorter horizon with --target, or prepare more data.' },
      );
    }
    return { search: blocks, selection: blocksOf(this.problem, selection, labelsPerBlock.selection) };
  }

  /** The columns of the baseline: all existing dimensionless ones, and those that formulas may use. */
  private existingColumns(without: readonly string[]): Terminal[] {
    const all = this.dataset.columns.some((c) => c.type === 'float')
      ? chooseTerminals(this.dataset.columns, undefined, without)
      : [];
    return merge(all, this.terminals);
  }

  private neededColumns(baseline: readonly Terminal[]): Terminal[] {
    const names = namedColumns(this.dataset);
    const inSeeds = new Set((this.seeds ?? []).flatMap((s) => columnsOf(s.program).map((c) => names[c]!)));
    return merge(this.terminals, baseline, chooseTerminals(this.dataset.columns, [...inSeeds], []));
  }

  /** What the data can show, told before anything runs. */
  private preflight(): string[] {
    const { labelledRows, effectiveRows, parts } = this.problem;
    const can = this.detectable();
    const lines = [
      `${count(labelledRows)} rows with ${this.settings.target}, ${count(Math.round(effectiveRows))} independent labels: ` +
        `search ${count(Math.round(parts.search.effectiveRows))}, selection ${count(Math.round(parts.selection.effectiveRows))}, hold-out ${count(Math.round(parts.holdout.effectiveRows))}`,
    ];
    if (can === null) {
      lines.push(
        'the selection part is too short for a test: nothing can be borne out; choose a shorter horizon or more data',
      );
    } else {
      lines.push(`smallest gain that the selection part shows with 90 % power: R² ${can.toPrecision(2)}`);
      if (can > 0.02)
        lines.push(
          `that is more than most indicators have: choose a shorter horizon or ${Math.ceil(can / 0.02)} times the data for R² 0.02`,
        );
    }
    return lines;
  }

  private detectable(): number | null {
    const { selection } = this.blocks;
    if (selection === undefined) return null;
    return detectableGain(
      this.problem.parts.selection.effectiveRows,
      this.settings.portfolio,
      selection.count,
    );
  }

  private fitBaseline(baseline: readonly Terminal[]): void {
    const { progress } = this.ports;
    if (baseline.length > 0) {
      const names = new Set(baseline.map((b) => b.name));
      this.baselineColumns = this.columns.values.filter((_, i) => names.has(this.columns.names[i]!));
    }
    const phase = progress.phase('baseline', 0);
    this.residual = residualTarget(this.problem, this.baselineColumns);
    const { search, selection } = this.residual.baselineGain;
    phase.end(
      baseline.length === 0
        ? 'none'
        : `ridge on ${baseline.length} columns: R² ${search.toPrecision(2)} on search (purged folds), ${selection.toPrecision(2)} on selection`,
    );
  }

  /** Runs generations until they, the time or the person end it. */
  async search(pool: Pool): Promise<void> {
    const { settings, ports, problem } = this;
    const { search: part } = problem.parts;
    this.evaluator = (of, blocks) => this.evaluatorOn(pool, of, blocks);
    this.evolution = this.createSearch(part);
    const phase = ports.progress.phase('search', settings.generations);
    const start = performance.now();
    for (let g = 0; g < settings.generations; g++) {
      throwIfAborted(ports.signal);
      const record = await this.evolution.step();
      const seconds = (performance.now() - start) / 1000;
      phase.update(g + 1, this.progressText(record, seconds));
      if (g + 1 === settings.generations || seconds >= (settings.timeLimit ?? Number.POSITIVE_INFINITY)) {
        phase.end(this.progressText(record, seconds));
        break;
      }
    }
  }

  private progressText(record: GenerationRecord, seconds: number): string {
    const floor = noiseFloor(record.trials, this.problem.parts.search.effectiveRows);
    return [
      `generation ${record.generation + 1}`,
      `best ${Math.sqrt(record.best.gain).toFixed(4)} (noise at least ${floor.toFixed(4)}) ${record.best.formula}`,
      `portfolio ${record.portfolio}`,
      `${count(Math.round(record.trials / seconds))} formulas/s`,
      `${(record.nodeRows / seconds / 1e9).toFixed(2)} G node-rows/s`,
    ].join(' · ');
  }

  private evaluatorOn(pool: Pool, part: Part, blocks: Blocks): Evaluate {
    const { problem, bounds, table } = this;
    const source: ShardSource = {
      symbols: problem.line.symbols,
      columns: this.columns.values,
      target: this.residual.values,
      weight: problem.labels.weight,
      tileRows: table.tileRows,
      haloTiles: bounds.maxDepth + Math.ceil(bounds.maxLookBack / table.tileRows),
    };
    const shards = planShards(source, blocks, `${++evaluators}/${part.name}`, 2 * pool.threads);
    return evaluateOn(pool, shards, blocks.count, this.ports.signal);
  }

  private createSearch(part: Part): Search {
    const { settings, kernels, table, columns, bounds } = this;
    const place = new Map(columns.names.map((name, i) => [name, i]));
    const vocabulary = createVocabulary(kernels, {
      kinds: columns.kinds.map((kind) => table.kinds.indexOf(kind)),
      terminals: this.terminals.map((t) => place.get(t.name)!),
      operators: weightedOperators(table),
      windows,
      maxNodes: bounds.maxNodes,
      maxDepth: bounds.maxDepth,
    });
    const ports = {
      kernels,
      table,
      vocabulary,
      sample: this.sampleShard(part),
      columns: columns.names.length,
      terminals: this.terminals.map((t) => place.get(t.name)!),
      evaluate: this.evaluator(part, this.blocks.search),
      print: (programs: readonly Program[]) => this.print(programs),
    };
    const options = {
      seed: settings.seed,
      population: settings.population,
      generations: settings.generations,
      size: settings.portfolio,
      maxCorrelation: settings.maxCorrelation,
      ...bounds,
    };
    const scoredRows = this.blocks.search.of.reduce((n, b) => n + (b < 0xffffffff ? 1 : 0), 0);
    return new Search(ports, options, this.searchSeeds(place), this.seeds !== undefined, scoredRows);
  }

  /** Seeds over the scaled columns: people's formulas, and every terminal by itself. */
  private searchSeeds(place: ReadonlyMap<string, number>): { program: Program; text: string }[] {
    const names = namedColumns(this.dataset);
    const inverse = this.columns.units.map((unit) => 1 / unit);
    const given = (this.seeds ?? []).map(({ text, program }) => ({
      text,
      program: this.rescaler.rescale(
        renumber(program, (c) => place.get(names[c]!)!),
        inverse,
      ),
    }));
    if (given.length > 0) return given;
    return this.terminals.map((t) => ({ text: t.name, program: columnProgram(place.get(t.name)!) }));
  }

  /** Texts in the columns' own units. */
  private print(programs: readonly Program[]): string[] {
    const { names, units } = this.columns;
    const own = programs.map((p) => this.rescaler.rescale(p, units));
    return printFormulas(this.kernels, simplifyFormulas(this.kernels, own, names.length), names);
  }

  /** Stretches of rows, evenly spread over the search part: what fingerprints look at. */
  private sampleShard(part: Part): Shard {
    const { columns } = this;
    const rows = Math.min(sampleStretches * stretchRows, part.count);
    const marked = markedRows(part.rows, part.count);
    const chosen = Uint32Array.from({ length: rows }, (_, i) => {
      const stretch = Math.floor(i / stretchRows);
      const from = Math.floor(
        (stretch * Math.max(0, part.count - stretchRows)) / Math.max(1, sampleStretches - 1),
      );
      return marked[Math.min(part.count - 1, from + (i % stretchRows))]!;
    });
    const shard = callKernel(() => new this.kernels.Shard(0, rows, columns.values.length));
    columns.values.forEach((column, c) => {
      const own = Float32Array.from(chosen, (row) => column[row]!);
      callKernel(() => shard.setColumn(c, own));
    });
    return shard;
  }

  /** The verdict on the portfolio, and the files. */
  async conclude(start: number): Promise<EvolveSummary> {
    const { settings, problem, evolution } = this;
    const { members, log, seen, nodeRows } = evolution.state;
    const dataset = await hashDataset(this.dataset);
    const opened = members.length === 0 ? null : await this.openHoldout(dataset);
    const verdicts = await this.verdicts(members, opened !== null);
    const kept = verdicts.filter((v) => v.kept);
    const portfolio = await this.reportAll(kept, members);
    const refused = verdicts
      .filter((v) => !v.kept)
      .map((v) => ({ formula: v.member.text, reason: v.reason! }));
    const floor = noiseFloor(seen.size, problem.parts.search.effectiveRows);
    throwIfAborted(this.ports.signal);
    const body = {
      rows: problem.labelledRows,
      effectiveRows: problem.effectiveRows,
      detectableGain: this.detectable(),
      generations: log.length,
      trials: seen.size,
      noiseFloor: floor,
      nodeRows,
      portfolio,
      refused,
    };
    const { threads: _, dataset: __, evolved, ...configuration } = settings;
    const identity = {
      seed: settings.seed,
      datasetSha256: dataset,
      configuration,
      baselineGain: this.residual.baselineGain,
    };
    const seconds = (performance.now() - start) / 1000;
    const out = await writeResult(evolved, { ...identity, ...body }, log, (files) => ({
      version: packageVersion(),
      ...identity,
      dataset: settings.dataset,
      threads: settings.threads,
      holdoutOpened: opened,
      seconds,
      files,
    }));
    return { out, ...body, seconds, holdoutOpened: opened };
  }

  /** Counts the opening in the ledger first; where that cannot be written the hold-out stays closed. */
  private async openHoldout(dataset: string): Promise<number | null> {
    const { holdout } = this.problem.parts;
    if (blocksOf(this.problem, holdout, labelsPerBlock.selection) === undefined) return null;
    const path = ledgerPath(this.settings.dataset);
    const { from, to } = holdout;
    try {
      return await openHoldout(path, {
        dataset,
        target: this.settings.target,
        from,
        to,
        at: new Date().toISOString(),
      });
    } catch (error) {
      const { code, message } = HybridError.from(error);
      if (code !== 'E_RESOURCE') throw error;
      this.ports.progress.note(`hold-out not opened, its ledger cannot be written: ${message}`);
      return null;
    }
  }

  private async verdicts(members: readonly Member[], holdout: boolean): Promise<Verdict[]> {
    if (members.length === 0) return [];
    const { parts } = this.problem;
    const phase = this.ports.progress.phase('judge', 0);
    if (holdout) addHoldout(this.residual, this.problem, this.baselineColumns);
    const opened = holdout ? blocksOf(this.problem, parts.holdout, labelsPerBlock.selection) : undefined;
    const judged = {
      search: (await this.joint(parts.search, this.blocks.search, members))!,
      selection: await this.joint(parts.selection, this.blocks.selection, members),
      holdout: await this.joint(parts.holdout, opened, members),
    };
    const verdicts = judge(members, judged, this.settings.seed);
    phase.end(`${verdicts.filter((v) => v.kept).length} of ${members.length} finalists borne out`);
    return verdicts;
  }

  private async joint(
    part: Part,
    blocks: Blocks | undefined,
    members: readonly Member[],
  ): Promise<Joint | undefined> {
    if (blocks === undefined) return undefined;
    return (await jointSums(this.evaluator(part, blocks), members)).joint;
  }

  private async reportAll(kept: readonly Verdict[], members: readonly Member[]): Promise<ReportedFormula[]> {
    const places = kept.map((v) => members.indexOf(v.member));
    const worths = this.worths(kept);
    return kept.map((v, i) =>
      report(
        v,
        worths[i],
        places.map((p) => v.correlations[p]!),
      ),
    );
  }

  /** Worth on the selection part, at decisions one horizon apart; none where the target is no return. */
  private worths(kept: readonly Verdict[]): (Worth | undefined)[] {
    const { target } = this;
    if (target.kind !== 'return' || kept.length === 0) return kept.map(() => undefined);
    const { parts, labels, line } = this.problem;
    const rows = decisions(line.symbols, labels.endRow, parts.selection.rows);
    if (rows.length < 2) return kept.map(() => undefined);
    const returns = Float64Array.from(rows, (i) => labels.value[i]!);
    const hours = spannedHours(line, parts.selection);
    return kept.map((v) => {
      const values = this.valuesAt(v.member.program, rows).map((x) => v.sign * x);
      return worthOf(values, returns, rows.length / hours);
    });
  }

  /** The search's values of a formula at some rows. */
  private valuesAt(program: Program, rows: readonly number[]): Float64Array {
    const out = new Float64Array(rows.length).fill(Number.NaN);
    const used = columnsOf(program);
    const compact = renumber(program, (c) => used.indexOf(c));
    for (const symbol of this.problem.line.symbols) {
      const inside = rows
        .map((row, i) => [row, i] as const)
        .filter(([r]) => r >= symbol.start && r < symbol.end);
      if (inside.length === 0) continue;
      const shard = callKernel(() => new this.kernels.Shard(0, symbol.end - symbol.start, used.length));
      used.forEach((c, k) => {
        const own = this.columns.values[c]!.slice(symbol.start, symbol.end);
        callKernel(() => shard.setColumn(k, own));
      });
      const values = callKernel(() => shard.values(pack([compact])));
      shard.free();
      for (const [row, i] of inside) out[i] = values[row - symbol.start]!;
    }
    return out;
  }
}

let evaluators = 0;

/** Operators to draw from, by how often they are meant: people's indicators are mostly products and differences. */
function weightedOperators(table: FormulaTable): number[] {
  const times = (o: Operator) => (o.minWindow > 0 ? 1 : o.sign !== null && o.arity === 2 ? 6 : 2);
  return table.operators.filter((o) => o.default).flatMap((o) => new Array<number>(times(o)).fill(o.code));
}
const sampleStretches = 8;
const stretchRows = 256;

function merge(...lists: readonly (readonly Terminal[])[]): Terminal[] {
  return [...new Map(lists.flat().map((t) => [t.name, t])).values()];
}

function markedRows(rows: Uint8Array, countOf: number): Uint32Array {
  const marked = new Uint32Array(countOf);
  let at = 0;
  for (let i = 0; i < rows.length; i++) if (rows[i] === 1) marked[at++] = i;
  return marked;
}

/** Rows whose labels follow each other without overlap. */
function decisions(
  symbols: readonly { start: number; end: number }[],
  endRow: Uint32Array,
  scored: Uint8Array,
): number[] {
  const rows: number[] = [];
  for (const { start, end } of symbols) {
    let free = start;
    for (let i = start; i < end; i++) {
      if (scored[i] === 0 || i < free) continue;
      rows.push(i);
      free = Math.max(endRow[i]!, i + 1);
    }
  }
  return rows;
}

function spannedHours(line: Problem['line'], part: Part): number {
  return Math.max(1e-9, ((part.to - part.from) / 3.6e9) * line.symbols.length);
}

function packageVersion(): string {
  const url = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}
