// Writes what is derived from the table of settings: .env.example and the README's table.
import { readFileSync, writeFileSync } from 'node:fs';
import { envExample, settingsTable } from '../dist/config/docs.js';

writeFileSync('.env.example', envExample());
const readme = readFileSync('README.md', 'utf8');
const [begin, end] = ['<!-- settings -->\n', '\n<!-- /settings -->'];
const [before, rest] = [
  readme.slice(0, readme.indexOf(begin) + begin.length),
  readme.slice(readme.indexOf(end)),
];
writeFileSync('README.md', `${before}${settingsTable()}${rest}`);
