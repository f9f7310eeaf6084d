/** Library use: an evolution to iterate over, and the stages as functions, `(settings, ports) → summary`. */
export type { Settings } from './config/fields.js';
export { readSources, resolve } from './config/resolve.js';
export { type ErrorCode, HybridError } from './error.js';
export type { GenerationRecord } from './evolve/search.js';
export { type Phase, type Progress, silentProgress } from './report/progress.js';
export { type EvolveOptions, type EvolveRun, startEvolution as evolve } from './stages/evolve/run.js';
export type { EvolveSummary } from './stages/evolve.js';
export { type ExportSummary, exportRaw } from './stages/export.js';
export {
  evaluateFormula,
  explainFormula,
  exportFormula,
  type FormulaExplanation,
  type FormulaExport,
  type FormulaValues,
} from './stages/formula.js';
export { type PredictSummary, predict } from './stages/predict.js';
export { type PrepareSummary, prepare } from './stages/prepare.js';
export { type TrainSummary, train } from './stages/train.js';
export { type TransformSummary, transform } from './stages/transform.js';
