/**
 * Seeded random numbers for the simulator: integers and the four operations on doubles only, so that a seed gives
 * the same bytes on every machine (the digits of Math.log or Math.exp belong to the engine).
 */

const two32 = 4_294_967_296;

/** Thirty-two mixed bits of a counter (Steele, Lea and Flood's SplitMix, in its 32-bit form). */
function mix(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** A stream of its own for each purpose: what one part of the model draws does not shift the others. */
export class Random {
  private counter: number;
  private readonly key: number;

  constructor(seed: number, purpose: string) {
    let key = mix(seed);
    for (const letter of purpose) key = mix(key ^ letter.charCodeAt(0));
    this.key = key;
    this.counter = mix(key ^ 0x5bd1e995);
  }

  /** An integer from 0 to 2^32 − 1. */
  bits(): number {
    this.counter = (this.counter + 0x9e3779b9) | 0;
    return mix(this.counter ^ this.key);
  }

  /** 0 ≤ u < 1 */
  uniform(): number {
    return this.bits() / two32;
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.bits() < probability * two32;
  }

  /** Mean 0, variance 1: the sum of four uniforms, bell-shaped within ±3.5. */
  bell(): number {
    const sum = this.uniform() + this.uniform() + this.uniform() + this.uniform();
    return (sum - 2) * 1.7320508075688772;
  }
}
