// The digest of everything that kernels/pkg is built from: a package older than its source is found without Rust.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const files = [
  'Cargo.toml',
  'Cargo.lock',
  'rust-toolchain.toml',
  '.cargo/config.toml',
  'kernels/Cargo.toml',
  'kernels/build.js',
];

/** SHA-256 over names and contents, independent of the platform's path separators and line ends. */
export function sourceDigest(root) {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'kernels/src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rs'))
    .map((entry) =>
      join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/').replace(/^\//, ''),
    );
  for (const file of [...files, ...sources].sort()) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n'));
  }
  return hash.digest('hex');
}
