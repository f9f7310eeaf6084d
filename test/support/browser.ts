/** A real browser: the machine's own, or the one inside an npm package. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const installed = [
  process.env.HYBRID_BROWSER ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** Undefined, with a visible reason, where there is none. */
export async function openBrowser(): Promise<Browser | undefined> {
  const found = installed.find((path) => path !== '' && existsSync(path));
  const reasons: string[] = [];
  for (const launch of found === undefined ? [packaged] : [() => own(found), packaged]) {
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

/** Unpacks itself into the temporary folder; for Linux on x64. */
async function packaged(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`@sparticuz/chromium runs on Linux x64, this is ${process.platform} ${process.arch}`);
  const { default: bundled } = await import('@sparticuz/chromium');
  return chromium.launch({ executablePath: await bundled.executablePath(), args: bundled.args });
}
