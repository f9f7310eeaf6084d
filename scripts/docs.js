// Writes what is derived: .env.example, and the README's tables of settings, parameters and operators and its performance
// section.
import { readFileSync, writeFileSync } from 'node:fs';
import { newestRecord, performanceSection } from '../bench/suite/readme.js';
import { envExample, presetsTable, settingsTable } from '../dist/config/docs.js';
import { operatorsTable, parametersTable } from '../dist/kernels/docs.js';
import { compileKernels, instantiateKernels } from '../dist/kernels/load.js';

const kernels = instantiateKernels(await compileKernels());
const record = newestRecord();
const tables = {
  ...(record === undefined ? {} : { performance: performanceSection(record) }),
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
