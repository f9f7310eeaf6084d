/** The version of this package, for manifests. */
import { readFileSync } from 'node:fs';

const url = new URL('../../package.json', import.meta.url);

export const version = (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
