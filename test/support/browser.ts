/** A real browser: the machine's own, or the one inside an npm package. */
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const installed = [
  ...(process.env.HYBRID_BROWSER === undefined ? [] : [process.env.HYBRID_BROWSER]),
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** Undefined, with a visible reason, where there is none. */
export async function openBrowser(): Promise<Browser | undefined> {
  const found = installed.find((path) => existsSync(path));
  const reasons: string[] = [];
  const ways =
    found === undefined || process.env.HYBRID_BROWSER === 'packaged'
      ? [packaged]
      : [() => own(found), packaged];
  for (const launch of ways) {
    try {
      return await launch();
    } catch (error) {
      reasons.push((error as Error).message.split('\n')[0]!);
    }
  }
  console.warn(
    `skipped: no browser (${reasons.join('; ')}); install Chromium or name one with HYBRID_BROWSER`,
  );
  return undefined;
}

function own(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/**
 * Unpacks itself, with the libraries and the font that a bare machine lacks, into a folder of its own; it does so
 * where it believes to run at its maker's, whence the variable. For Linux on x64.
 */
async function packaged(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`@sparticuz/chromium runs on Linux x64, this is ${process.platform} ${process.arch}`);
  const before = { ...process.env };
  const folder = join(tmpdir(), `hybrid-browser-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true });
  Object.assign(process.env, { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' });
  try {
    const { default: bundled } = await import('@sparticuz/chromium');
    const executablePath = await bundled.executablePath();
    const { LD_LIBRARY_PATH, FONTCONFIG_PATH } = process.env;
    const env = { ...before, LD_LIBRARY_PATH, FONTCONFIG_PATH } as Record<string, string>;
    // In one process the browser ends with the first page that is closed.
    const args = bundled.args.filter((flag) => flag !== '--single-process');
    return await chromium.launch({ executablePath, args, env });
  } finally {
    for (const name of ['TMPDIR', 'AWS_LAMBDA_JS_RUNTIME', 'LD_LIBRARY_PATH', 'FONTCONFIG_PATH', 'HOME']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}
