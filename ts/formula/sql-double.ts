/** A number as DuckDB reads it as a double: a plain 0.1 would be a decimal. */
export function sqlDouble(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('e') ? text : `${text}e0`;
}
