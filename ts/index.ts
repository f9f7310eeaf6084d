/** Library use: the stages as functions, `(settings, ports) → summary`. */
export type { Settings } from './config/fields.js';
export { readSources, resolve } from './config/resolve.js';
export { type ErrorCode, HybridError } from './error.js';
export { type Progress, silentProgress } from './report/progress.js';
export { type EvolveSummary, evolve } from './stages/evolve.js';
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
