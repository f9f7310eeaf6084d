/**
 * Every setting of hybrid, once: flags, environment names, hybrid.config.json keys, .env.example and
 * the README's table are derived from here.
 */
import { availableParallelism } from 'node:os';
import {
  assignments,
  choice,
  duration,
  instant,
  integer,
  type Kind,
  list,
  mapping,
  number,
  path,
  secret,
  signs,
  subset,
  text,
  toggle,
} from './kinds.js';

export const commands = [
  'init',
  'doctor',
  'export',
  'prepare',
  'evolve',
  'transform',
  'train',
  'predict',
  'formula',
  'inspect',
  'audit',
  'demo',
  'simulate',
] as const;
export type Command = (typeof commands)[number];

export interface Field<T> {
  readonly kind: Kind<T>;
  /** What it sets, in one line, with its unit. */
  readonly doc: string;
  readonly default?: T | (() => T);
  /** How the default reads in the docs where it is computed. */
  readonly defaultDoc?: string;
  /** The environment variable, HYBRID_… or a libpq name. */
  readonly env?: string;
  /** The flag of each command that has it; a setting may be called --out in one command and --raw in the next. */
  readonly flags?: Partial<Record<Command, string>>;
  /** A second flag that means the same. */
  readonly alias?: string;
  /** Only hybrid.config.json sets it, a structured value; these commands read it. */
  readonly fileOnly?: readonly Command[];
  /** A flag without a value that stands for this text: --no-early-stop for --early-stop 0. */
  readonly off?: { readonly flag: string; readonly text: string };
  /** Only the environment sets it: never a flag (it would show in the process list) nor a file. */
  readonly environmentOnly?: boolean;
}

type FieldWithDefault<T> = Field<T> & { readonly default: T | (() => T) };
function field<T>(kind: Kind<T>, options: Omit<FieldWithDefault<NoInfer<T>>, 'kind'>): FieldWithDefault<T>;
function field<T>(kind: Kind<T>, options: Omit<Field<NoInfer<T>>, 'kind'>): Field<T>;
function field<T>(kind: Kind<T>, options: Omit<Field<T>, 'kind'>): Field<T> {
  return { kind, ...options };
}

/** The same flag for several commands. */
function on(flag: string, ...names: Command[]): Partial<Record<Command, string>> {
  return Object.fromEntries(names.map((name) => [name, flag]));
}

const libpq = (kind: Kind<string>, env: string, doc: string) =>
  field(kind, { env, doc, environmentOnly: true });

export const fields = {
  symbols: field(list, {
    doc: 'symbols to work on; all that the database or the folder has, when not given',
    env: 'HYBRID_SYMBOLS',
    flags: on('--symbols', 'doctor', 'export', 'prepare'),
    alias: '--symbol',
  }),
  from: field(instant, {
    doc: 'first instant, inclusive, UTC; from the beginning, when not given',
    env: 'HYBRID_FROM',
    flags: on('--from', 'doctor', 'export'),
  }),
  to: field(instant, {
    doc: 'last instant, exclusive, UTC; to the end, when not given',
    env: 'HYBRID_TO',
    flags: on('--to', 'doctor', 'export'),
  }),
  streams: field(subset('trades', 'depth', 'liquidations'), {
    doc: 'which streams to export; those the database has, when not given',
    env: 'HYBRID_STREAMS',
    flags: on('--streams', 'doctor', 'export'),
  }),
  raw: field(path, {
    doc: 'folder of the raw CSV files',
    default: 'raw_data',
    env: 'HYBRID_RAW',
    flags: { doctor: '--out', export: '--out', simulate: '--out', prepare: '--raw', audit: '--raw' },
  }),
  jobs: field(integer(1, 64), {
    doc: 'connections that export side by side; the files do not depend on it',
    default: () => Math.min(4, availableParallelism()),
    defaultDoc: "the machine's cores, at most 4",
    env: 'HYBRID_JOBS',
    flags: on('--jobs', 'export'),
  }),
  rawCompression: field(choice('none', 'gzip', 'zstd'), {
    doc: 'compression of the raw CSV files; zstd needs Node 22.15',
    default: 'none',
    env: 'HYBRID_RAW_COMPRESSION',
    flags: on('--compression', 'doctor', 'export'),
  }),
  sinceLast: field(toggle, {
    doc: 'append what came since the last run; late or changed rows before end it with an error',
    default: false,
    env: 'HYBRID_SINCE_LAST',
    flags: on('--since-last', 'export', 'prepare'),
  }),
  statementTimeout: field(duration, {
    doc: "longest that one query of an export may take, 0 without end; the server's own limit, when not given",
    env: 'HYBRID_STATEMENT_TIMEOUT',
    flags: on('--statement-timeout', 'export'),
  }),
  lockTimeout: field(duration, {
    doc: 'longest wait for a table that somebody else has locked, 0 without end',
    default: 10,
    env: 'HYBRID_LOCK_TIMEOUT',
    flags: on('--lock-timeout', 'export'),
  }),
  dataset: field(path, {
    doc: 'the features: a Parquet file, or a folder when there are several symbols',
    default: 'features.parquet',
    env: 'HYBRID_DATASET',
    flags: {
      prepare: '--out',
      ...on('--dataset', 'evolve', 'transform', 'train', 'predict', 'formula'),
    },
  }),
  evolved: field(path, {
    doc: 'folder of the evolved portfolio',
    default: 'evolved',
    env: 'HYBRID_EVOLVED',
    flags: { evolve: '--out' },
  }),
  value: field(path, {
    doc: 'the Parquet file of the values of a formula: one column, value',
    default: 'value.parquet',
    flags: on('--out', 'formula'),
  }),
  exportTo: field(choice('python', 'polars', 'sql', 'typescript', 'pine', 'latex'), {
    doc: 'language to write a formula in: Python over numpy, Polars, SQL of DuckDB, TypeScript, Pine Script or LaTeX',
    default: 'python',
    flags: on('--to', 'formula'),
  }),
  threads: field(integer(1, 256), {
    doc: 'worker threads; results do not depend on it',
    default: availableParallelism,
    defaultDoc: "the machine's cores",
    env: 'HYBRID_THREADS',
    flags: on('--threads', 'prepare', 'evolve', 'train', 'predict', 'audit', 'demo'),
  }),
  featureSet: field(choice('core', 'extended'), {
    doc: 'which columns to compute: those of the core, or the extended set of docs/features.md behind them',
    default: 'core',
    env: 'HYBRID_FEATURE_SET',
    flags: on('--feature-set', 'prepare'),
  }),
  compression: field(choice('lz4', 'snappy', 'none'), {
    doc: 'compression of the Parquet file',
    default: 'lz4',
    env: 'HYBRID_COMPRESSION',
    flags: on('--compression', 'prepare'),
  }),
  onBadRow: field(choice('fail', 'skip'), {
    doc: 'what a row that cannot be parsed does: end the run, or be counted and left out',
    default: 'fail',
    env: 'HYBRID_ON_BAD_ROW',
    flags: on('--on-bad-row', 'prepare'),
  }),
  preset: field(list, {
    doc: 'formats of the raw files by name, one a stream; recognised by their columns, when not given',
    env: 'HYBRID_PRESET',
    flags: on('--preset', 'prepare'),
  }),
  timeColumn: field(choice('exchange', 'local'), {
    doc: 'which stamp of a row counts, where it has two: that of the exchange, or of arrival',
    default: 'exchange',
    env: 'HYBRID_TIME_COLUMN',
    flags: on('--time-column', 'prepare'),
  }),
  indicators: field(assignments, {
    doc: 'a parameter of the indicators, repeatable: --param W_s=30',
    default: {},
    flags: on('--param', 'prepare'),
  }),
  trades: field(mapping('trades'), {
    doc: 'how the table (or the files) of trades is read, if not in the default form: a mapping in hybrid.config.json',
    fileOnly: ['doctor', 'export', 'prepare'],
  }),
  depth: field(mapping('depth'), {
    doc: 'the same for the order book',
    fileOnly: ['doctor', 'export', 'prepare'],
  }),
  liquidations: field(mapping('liquidations'), {
    doc: 'the same for liquidations',
    fileOnly: ['doctor', 'export', 'prepare'],
  }),
  population: field(integer(10, 1_000_000), {
    doc: 'formulas in a generation',
    default: 5000,
    env: 'HYBRID_POPULATION',
    flags: on('--population', 'evolve'),
  }),
  generations: field(integer(1, 100_000), {
    doc: 'generations to run',
    default: 40,
    env: 'HYBRID_GENERATIONS',
    flags: on('--generations', 'evolve'),
  }),
  target: field(text, {
    doc: 'what to predict: ret_60s, ret_100t, ret_5b (seconds, trades, minute bars), mid_60s, up_down:60s:2bps, triple_barrier:10bps:10bps:300s, column:<name>[:<seconds>s]',
    default: 'ret_60s',
    env: 'HYBRID_TARGET',
    flags: on('--target', 'evolve', 'train'),
  }),
  columns: field(list, {
    doc: 'columns that formulas may use, or a model learns from; all dimensionless ones, when not given',
    env: 'HYBRID_COLUMNS',
    flags: on('--columns', 'evolve', 'train'),
  }),
  operators: field(list, {
    doc: 'operators that formulas may use: add,sub,mul names a whole set, +sin,-cube changes the default one; constants that bring columns to one order are multiplied besides',
    defaultDoc: 'those that the table of operators says',
    env: 'HYBRID_OPERATORS',
    flags: on('--operators', 'evolve'),
  }),
  seedFormulas: field(path, {
    doc: 'a text file of formulas to start from, one a line',
    flags: on('--seed-formulas', 'evolve'),
  }),
  portfolio: field(integer(1, 100), {
    doc: 'formulas in the portfolio, at most',
    default: 12,
    env: 'HYBRID_PORTFOLIO',
    flags: on('--portfolio', 'evolve'),
  }),
  maxCorrelation: field(number(0, 1), {
    doc: 'largest absolute correlation between two members of the portfolio',
    default: 0.3,
    env: 'HYBRID_MAX_CORRELATION',
    flags: on('--max-correlation', 'evolve'),
  }),
  baseline: field(choice('trees', 'ridge', 'none'), {
    doc: 'the model of the existing columns that a formula must improve on; trees: a ridge, and boosted trees on what it leaves',
    default: 'trees',
    env: 'HYBRID_BASELINE',
    flags: on('--baseline', 'evolve'),
  }),
  nullRuns: field(integer(0, 1000), {
    doc: 'searches to repeat on targets moved on in a circle: what is found where there is nothing',
    default: 0,
    env: 'HYBRID_NULL_RUNS',
    flags: on('--null-runs', 'evolve'),
  }),
  split: field(text, {
    doc: 'parts of the time line for search, selection and hold-out, in per cent',
    default: '60/20/20',
    env: 'HYBRID_SPLIT',
    flags: on('--split', 'evolve'),
  }),
  rows: field(choice('time', 'iid'), {
    doc: 'what rows are: moments of a time line, or independent of each other: then parts and blocks are drawn at random and formulas have no windows',
    default: 'time',
    env: 'HYBRID_ROWS',
    flags: on('--rows', 'evolve'),
  }),
  sample: field(text, {
    doc: 'which rows are scored: rows, <n>t (every n-th trade) or <n>s (one every n seconds)',
    default: 'rows',
    env: 'HYBRID_SAMPLE',
    flags: on('--sample', 'evolve', 'train'),
  }),
  sessionHours: field(text, {
    doc: 'score only rows of these hours of the day, UTC: 13:30-20:00, or 22:00-02:00 over midnight',
    env: 'HYBRID_SESSION_HOURS',
    flags: on('--hours', 'evolve', 'train'),
  }),
  timeLimit: field(duration, {
    doc: 'stop after the generation in which this time is over; --resume then goes on',
    flags: on('--time-limit', 'evolve'),
  }),
  resume: field(toggle, {
    doc: 'go on where an interrupted evolution of the same dataset and settings stopped',
    default: false,
    flags: on('--resume', 'evolve'),
  }),
  checkpointEvery: field(duration, {
    doc: 'time between two checkpoints of a search; 0: after every generation. Ctrl-C writes one in any case',
    default: 30,
    env: 'HYBRID_CHECKPOINT_EVERY',
    flags: on('--checkpoint-every', 'evolve'),
  }),
  seed: field(integer(0, 4_294_967_295), {
    doc: 'seed of the random numbers; the same seed gives the same result',
    default: 42,
    env: 'HYBRID_SEED',
    flags: on('--seed', 'evolve', 'train', 'audit', 'demo', 'simulate'),
  }),
  checks: field(integer(1, 10_000), {
    doc: 'random rows of each symbol whose future is cut off and poisoned',
    default: 4,
    flags: on('--checks', 'audit'),
  }),
  formulas: field(path, {
    doc: 'a portfolio of `hybrid evolve`: transform and train add its formulas as columns, audit checks them',
    env: 'HYBRID_FORMULAS',
    flags: on('--formulas', 'transform', 'train', 'audit'),
  }),
  transformed: field(path, {
    doc: 'the copy of the dataset with the formulas of a portfolio as columns',
    default: 'transformed.parquet',
    env: 'HYBRID_TRANSFORMED',
    flags: on('--out', 'transform'),
  }),
  prefix: field(text, {
    doc: 'what the names of the columns begin with; a number follows',
    default: 'formula_',
    flags: on('--prefix', 'transform'),
  }),
  model: field(path, {
    doc: 'folder of the model; predict reads its model.json',
    default: 'model',
    env: 'HYBRID_MODEL',
    flags: { train: '--out', predict: '--model' },
  }),
  predicted: field(path, {
    doc: 'the copy of the dataset with the predictions',
    default: 'predicted.parquet',
    env: 'HYBRID_PREDICTED',
    flags: on('--out', 'predict'),
  }),
  rounds: field(integer(1, 100_000), {
    doc: 'rounds of boosting, at most',
    default: 500,
    env: 'HYBRID_ROUNDS',
    flags: on('--rounds', 'train'),
  }),
  leaves: field(integer(2, 4096), {
    doc: 'leaves of a tree, at most',
    default: 31,
    env: 'HYBRID_LEAVES',
    flags: on('--leaves', 'train'),
  }),
  rate: field(number(1e-6, 1), {
    doc: 'learning rate: what each tree adds is multiplied by it',
    default: 0.05,
    env: 'HYBRID_RATE',
    flags: on('--rate', 'train'),
  }),
  minRows: field(integer(1, 1_000_000_000), {
    doc: 'training rows of a leaf, at least',
    default: 20,
    env: 'HYBRID_MIN_ROWS',
    flags: on('--min-rows', 'train'),
  }),
  folds: field(integer(1, 100), {
    doc: 'test blocks of the walk-forward, each predicted from all that lies before it',
    default: 5,
    env: 'HYBRID_FOLDS',
    flags: on('--folds', 'train'),
  }),
  earlyStop: field(integer(0, 100_000), {
    doc: 'rounds without a better loss on the tail of the training rows after which training ends; 0: never',
    default: 50,
    env: 'HYBRID_EARLY_STOP',
    flags: on('--early-stop', 'train'),
    off: { flag: '--no-early-stop', text: '0' },
  }),
  rowSample: field(number(1e-6, 1), {
    doc: 'share of the training rows that each round draws',
    default: 1,
    env: 'HYBRID_ROW_SAMPLE',
    flags: on('--row-sample', 'train'),
  }),
  columnSample: field(number(1e-6, 1), {
    doc: 'share of the columns that each tree draws',
    default: 1,
    env: 'HYBRID_COLUMN_SAMPLE',
    flags: on('--column-sample', 'train'),
  }),
  l2: field(number(0, 1e12), {
    doc: 'added to the sum of second derivatives in every leaf: pulls its answer towards 0',
    default: 0,
    env: 'HYBRID_L2',
    flags: on('--l2', 'train'),
  }),
  weights: field(choice('uniqueness', 'none'), {
    doc: 'what a row weighs: the average uniqueness of its label, or all the same',
    default: 'uniqueness',
    env: 'HYBRID_WEIGHTS',
    flags: on('--weights', 'train'),
  }),
  monotone: field(signs, {
    doc: 'columns with which the prediction may only rise (+1) or only fall (-1), for any values of the others',
    env: 'HYBRID_MONOTONE',
    flags: on('--monotone', 'train'),
  }),
  demoFolder: field(path, {
    doc: 'folder of all that the demo makes',
    default: 'hybrid-demo',
    flags: on('--out', 'demo'),
  }),
  hours: field(number(0.1, 10_000), {
    doc: 'hours of market to simulate',
    default: 48,
    flags: on('--hours', 'simulate'),
  }),
  simulatedSymbol: field(text, {
    doc: 'symbol of the simulated market',
    default: 'SIM',
    flags: on('--symbol', 'simulate'),
  }),
  databaseUrl: libpq(
    secret,
    'DATABASE_URL',
    'connection string: postgres://user:password@host:port/database',
  ),
  pgHost: libpq(text, 'PGHOST', 'database host'),
  pgPort: libpq(text, 'PGPORT', 'database port'),
  pgUser: libpq(text, 'PGUSER', 'database user'),
  pgPassword: libpq(secret, 'PGPASSWORD', 'database password'),
  pgDatabase: libpq(text, 'PGDATABASE', 'database name'),
  pgPassFile: libpq(path, 'PGPASSFILE', 'password file; ~/.pgpass, when not given'),
  pgService: libpq(text, 'PGSERVICE', 'a service of the service file, instead of the names above'),
  pgServiceFile: libpq(path, 'PGSERVICEFILE', 'service file; ~/.pg_service.conf, when not given'),
  pgSslMode: libpq(
    text,
    'PGSSLMODE',
    'disable, allow, prefer (when not given), require, verify-ca or verify-full',
  ),
  pgSslRootCert: libpq(
    path,
    'PGSSLROOTCERT',
    'file of root certificates to verify the server with, or system; ~/.postgresql/root.crt, if there',
  ),
  pgSslCert: libpq(path, 'PGSSLCERT', 'certificate of the client; ~/.postgresql/postgresql.crt, if there'),
  pgSslKey: libpq(path, 'PGSSLKEY', 'key of that certificate; ~/.postgresql/postgresql.key, if there'),
  force: field(toggle, {
    doc: 'change .env and hybrid.config.json that are there: the connection and the mappings, nothing else',
    default: false,
    flags: on('--force', 'init'),
  }),
  json: field(toggle, {
    doc: 'print the result as one JSON object',
    default: false,
    flags: on('--json', ...commands),
  }),
} as const;

export type Fields = typeof fields;
export type FieldName = keyof Fields;

type ValueOf<F> = F extends { readonly default: unknown; readonly kind: Kind<infer T> }
  ? T
  : F extends Field<infer T>
    ? T | undefined
    : never;

/** Every setting by name, with its value's type; undefined where there is no default. */
export type Settings = { readonly [N in FieldName]: ValueOf<Fields[N]> };
