/** What a case works with: its size, its lines, and the place where its measurements go. */

/**
 * One quantity of one contender. Those of one `subject` and `unit` are compared with each other.
 * @typedef {object} Measurement
 * @property {string} subject what was measured: "SPY trades, survey"
 * @property {string} who "hybrid", or the peer
 * @property {string} unit
 * @property {'more' | 'less'} better
 * @property {number[]} values one for each repeat
 */

/** A part of a case that could not run here, and why. @typedef {{ subject: string, who: string, reason: string }} Skipped */

export class Bench {
  /** @type {Measurement[]} */
  measurements = [];
  /** @type {Skipped[]} */
  skipped = [];

  /** Processes of peers that are open. @type {Set<import('node:child_process').ChildProcess>} */
  running = new Set();

  /**
   * `smoke`: sizes for a test that only looks whether everything runs and answers are right; with Python's peers only
   * where `peers` says so.
   */
  constructor({ smoke = false, peers = !smoke, repeats = 5, print = console.log } = {}) {
    this.smoke = smoke;
    this.peers = peers;
    this.repeats = smoke ? 1 : repeats;
    this.print = print;
  }

  size(full, smoke) {
    return this.smoke ? smoke : full;
  }

  record(measurement) {
    const { subject, who, values } = measurement;
    this.expect(
      values.length > 0 && values.every(Number.isFinite),
      `${subject}, ${who}: not a number: ${values}`,
    );
    this.measurements.push(measurement);
  }

  skip(subject, who, reason) {
    this.skipped.push({ subject, who, reason });
    this.print(`  ${subject}, ${who}: skipped, ${reason}`);
  }

  /** A wrong answer fails the case: fast and wrong is no figure. */
  expect(holds, message) {
    if (!holds) throw new Error(`wrong answer: ${message}`);
  }

  /**
   * Runs the contenders in turn, so that they meet the same machine, once more than is counted; `run` gives the value.
   * @param {{ who: string, run: () => number | Promise<number> }[]} contenders
   */
  async contest(subject, { unit, better }, contenders) {
    const values = contenders.map(() => []);
    for (let round = this.smoke ? 1 : 0; round <= this.repeats; round++) {
      for (const [i, { run }] of contenders.entries()) {
        const value = await run();
        if (round > 0) values[i].push(value);
      }
    }
    for (const [i, { who }] of contenders.entries())
      this.record({ subject, who, unit, better, values: values[i] });
  }
}
