// Writes what is derived: .env.example, and the README's tables of settings, parameters and operators.
import { readFileSync, writeFileSync } from 'node:fs';
import { envExample, presetsTable, settingsTable } from '../dist/config/docs.js';
import { operatorsTable, parametersTable } from '../dist/kernels/docs.js';
import { compileKernels, instantiateKernels } from '../dist/kernels/load.js';

const kernels = instantiateKernels(await compileKernels());
const tables = {
  presets: presetsTable(),
  settings: settingsTable(),
  parameters: parametersTable(kernels),
  operators: operatorsTable(kernels),
};

let readme = readFileSync('README.md', 'utf8');
for (const [name, table] of Object.entries(tables)) {
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
  const start = readme.indexOf(begin) + begin.length;
  readme = `${readme.slice(0, start)}${table}${readme.slice(readme.indexOf(end))}`;
}
writeFileSync('README.md', readme);
writeFileSync('.env.example', envExample());
