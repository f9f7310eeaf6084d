/** Plain tables and numbers for the terminal. */

/** Columns padded to their widest cell; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)),
  );
  const widths = header.map((_, j) => Math.max(...cells.map((row) => row[j]?.length ?? 0)));
  const right = header.map((_, j) => rows.every((row) => typeof row[j] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, j) => (right[j] ? cell.padStart(widths[j]!) : cell.padEnd(widths[j]!)))
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
}

/** 1234567 → 1,234,567; the digits after the point are kept to four. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const [whole, fraction] = Math.abs(value)
    .toFixed(4)
    .replace(/\.?0+$/, '')
    .split('.') as [string, string?];
  return `${value < 0 ? '-' : ''}${grouped(whole)}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** Commas by hand: the first text that the locale makes costs 30 ms. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes in the unit a person would use. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  return `${(value / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
