/** Stages of the build: their workers are built files. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The module dist/stages/`name`.js. */
export function builtStage<Module>(name: string): Promise<Module> {
  return import(pathToFileURL(resolve('dist/stages', `${name}.js`)).href);
}
