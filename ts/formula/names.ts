/** Identifiers of generated code: like the names they stand for, and never one twice. */
export class Names {
  private readonly taken: Set<string>;

  /** `reserved`: words of the language and names that the code has already. */
  constructor(reserved: Iterable<string>) {
    this.taken = new Set(reserved);
  }

  /** A free identifier as near to `wanted` as can be. */
  take(wanted: string): string {
    const plain = wanted.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_');
    let name = plain;
    for (let i = 2; this.taken.has(name); i++) name = `${plain}_${i}`;
    this.taken.add(name);
    return name;
  }

  /** A free identifier with a number of its own: sma_1, sma_2. */
  number(stem: string): string {
    let i = 1;
    while (this.taken.has(`${stem}_${i}`)) i++;
    return this.take(`${stem}_${i}`);
  }
}
