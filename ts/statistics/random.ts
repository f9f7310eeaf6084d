/** Counter-based random numbers: what is drawn depends on the key and the count of draws alone. */

/** The finalizer of MurmurHash3 (Appleby): a bijection of 32 bits that mixes all of them. */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** What a stream of draws is for; part of its key. */
export const purposes = {
  parents: 1,
  tasks: 2,
  migration: 3,
  bootstrap: 4,
  seeds: 5,
  permutation: 6,
  nullRun: 7,
  rows: 20,
} as const;

export class Draw {
  private readonly low: number;
  private readonly high: number;
  private count = 0;

  constructor(...key: readonly number[]) {
    let [a, b] = [0x9e3779b9, 0x7f4a7c15];
    for (const word of key) {
      a = mix(a ^ mix(word + 0x9e3779b9));
      b = mix(b + a + Math.imul(word, 0x27d4eb2f));
    }
    this.low = a;
    this.high = b;
  }

  bits(): number {
    this.count = (this.count + 1) >>> 0;
    return mix(this.high ^ mix(this.low + Math.imul(this.count, 0x9e3779b9)));
  }

  /** Uniform on [0, 1). */
  unit(): number {
    return (this.bits() * 0x200000 + (this.bits() >>> 11)) / 0x20000000000000;
  }

  /** Uniform on 0 … n − 1. */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }
}
