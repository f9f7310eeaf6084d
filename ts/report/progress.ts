/** Progress on stderr: a live bar on a terminal (at most 10 updates a second), one line a phase otherwise. */
import { Presets, SingleBar } from 'cli-progress';

export interface Phase {
  /** How far: `done` of `total` (0 when unknown), with a short text of rates and counts. */
  update(done: number, detail?: string): void;
  end(detail?: string): void;
}

export interface Progress {
  /** Begins a phase; `total` in whatever unit `done` has, 0 when unknown. */
  phase(name: string, total: number): Phase;
  /** A line that stays: a warning, a preflight, a note. */
  note(line: string): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? new LiveProgress(stream) : new LineProgress(stream);
}

/** Swallows everything: for library use and tests. */
export const silentProgress: Progress = {
  phase: () => ({ update: () => {}, end: () => {} }),
  note: () => {},
};

class LineProgress implements Progress {
  constructor(private readonly stream: NodeJS.WritableStream) {}

  phase(name: string): Phase {
    const start = performance.now();
    return {
      update: () => {},
      end: (detail = '') => this.note(`${name} ${seconds(start)}${detail && ` · ${detail}`}`),
    };
  }

  note(line: string): void {
    this.stream.write(`${line}\n`);
  }
}

class LiveProgress implements Progress {
  private bar: SingleBar | undefined;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  phase(name: string, total: number): Phase {
    const start = performance.now();
    const format =
      total > 0 ? `${name} {bar} {percentage}% · ETA {eta_formatted} · {detail}` : `${name} · {detail}`;
    const options = {
      format,
      fps: 10,
      stream: this.stream,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 50,
    };
    const bar = new SingleBar(options, Presets.shades_classic);
    this.bar = bar;
    bar.start(Math.max(total, 1), 0, { detail: '' });
    return {
      update: (done, detail = '') => bar.update(Math.min(done, Math.max(total, 1)), { detail }),
      end: (detail = '') => {
        bar.stop();
        this.bar = undefined;
        this.note(`${name} ${seconds(start)}${detail && ` · ${detail}`}`);
      },
    };
  }

  note(line: string): void {
    // A line in the middle of a bar would be overwritten by it: the bar is redrawn below.
    if (this.bar !== undefined) this.stream.write('\r\x1b[2K');
    this.stream.write(`${line}\n`);
  }
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
