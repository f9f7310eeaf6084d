import type { TrainingResult } from '../training.js';
export async function trainingReport(result: TrainingResult): Promise<string> {
  return JSON.stringify(result);
}
