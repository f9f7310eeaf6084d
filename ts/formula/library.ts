/** The functions that generated code brings along: those it calls, and those that they call. */

/** By name: the text of a function, whose calls of others are found in it. */
export type Library = Readonly<Record<string, string>>;

/** The functions that a text calls, directly or through others, in the order of the library. */
export function calledFunctions(library: Library, text: string): string {
  const called = new Set<string>();
  const visit = (code: string) => {
    for (const [, name] of code.matchAll(/\b([A-Za-z_]\w*)\(/g)) {
      if (library[name!] === undefined || called.has(name!)) continue;
      called.add(name!);
      visit(library[name!]!);
    }
  };
  visit(text);
  return Object.entries(library)
    .filter(([name]) => called.has(name))
    .map(([, code]) => code.trim())
    .join('\n\n');
}
