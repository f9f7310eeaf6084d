/** Progress on stderr: a live bar on a terminal (at most 10 updates a second), one line a phase otherwise. */
import { Presets, SingleBar } from 'cli-progress';

export interface Phase {
  /**
   * How far: `done` of `total` (0 when unknown), with a short text of rates and counts, and the seconds that are
   * left where the phase knows better than by the pace so far.
   */
  update(done: number, detail?: string, left?: number): void;
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

/** A phase that lasts says where it is from time to time. */
const secondsBetweenLines = 30;

class LineProgress implements Progress {
  constructor(private readonly stream: NodeJS.WritableStream) {}

  phase(name: string, total: number): Phase {
    const start = performance.now();
    let said = start;
    return {
      update: (done, detail = '', left = paceLeft(start, done, total)) => {
        const now = performance.now();
        if (now - said < 1000 * secondsBetweenLines) return;
        said = now;
        const share = total > 0 ? [`${Math.floor((100 * done) / total)} %`] : [];
        const eta = Number.isFinite(left) ? [`ETA ${durationText(left)}`] : [];
        this.note([name, ...share, ...eta, ...(detail === '' ? [] : [detail])].join(' · '));
      },
      end: (detail = '') => this.note(`${name} ${seconds(start)}${detail && ` · ${detail}`}`),
    };
  }

  note(line: string): void {
    this.stream.write(`${line}\n`);
  }
}

/** Seconds left at the pace so far; infinite where the end is unknown. */
function paceLeft(start: number, done: number, total: number): number {
  if (total <= 0 || done <= 0) return Number.POSITIVE_INFINITY;
  return (((performance.now() - start) / 1000) * (total - done)) / done;
}

/** 3 s, 4 min 05 s, 2 h 30 min. */
function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  return minutes > 0 ? `${minutes} min ${two(whole % 60)} s` : `${whole} s`;
}

class LiveProgress implements Progress {
  private bar: SingleBar | undefined;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  phase(name: string, total: number): Phase {
    const start = performance.now();
    const format = total > 0 ? `${name} {bar} {percentage}% · ETA {left} · {detail}` : `${name} · {detail}`;
    const options = {
      format,
      fps: 10,
      stream: this.stream,
      hideCursor: true,
      clearOnComplete: true,
    };
    const bar = new SingleBar(options, Presets.shades_classic);
    this.bar = bar;
    bar.start(Math.max(total, 1), 0, { detail: '', left: '…' });
    return {
      update: (done, detail = '', left = paceLeft(start, done, total)) =>
        bar.update(Math.min(done, Math.max(total, 1)), {
          detail,
          left: Number.isFinite(left) ? durationText(left) : '…',
        }),
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
