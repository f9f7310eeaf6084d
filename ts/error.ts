/** The one error class: what went wrong, where, and what to do about it. */

/** Error codes by the exit code they lead to (design: errors and exit codes). */
const exitCodes = {
  E_INTERNAL: 1,
  E_KERNEL: 1,
  E_USAGE: 2,
  E_CONFIG: 2,
  E_INPUT: 3,
  E_DATABASE: 4,
  E_RESOURCE: 5,
  E_INTERRUPTED: 130,
} as const;

export type ErrorCode = keyof typeof exitCodes;

export interface ErrorDetails {
  /** One imperative sentence that names the flag or command to try. */
  hint?: string | undefined;
  cause?: unknown;
}

/**
 * `message` is lower case: `where: expected X, got Y`. Errors cross worker threads as
 * `{code, message, hint}` ({@link HybridError.toJSON}, {@link HybridError.from}): a class does not survive the way.
 */
export class HybridError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'HybridError';
    this.code = code;
    this.hint = details.hint;
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }

  toJSON(): { code: ErrorCode; message: string; hint: string | undefined } {
    return { code: this.code, message: this.message, hint: this.hint };
  }

  /**
   * Any thrown value as a HybridError. An error of the operating system keeps its meaning (disk full, no
   * permission, no such file); everything unknown is our bug, E_INTERNAL, with its stack as the cause.
   */
  static from(thrown: unknown): HybridError {
    if (thrown instanceof HybridError) return thrown;
    if (isRecord(thrown) && typeof thrown.code === 'string' && thrown.code in exitCodes) {
      const hint = typeof thrown.hint === 'string' ? thrown.hint : undefined;
      return new HybridError(thrown.code as ErrorCode, String(thrown.message), { hint, cause: thrown });
    }
    return fromSystem(thrown) ?? new HybridError('E_INTERNAL', messageOf(thrown), { cause: thrown });
  }
}

/** The error that every stage throws when its signal is aborted (Ctrl-C). */
export function interrupted(hint = 'Run the same command again to start over.'): HybridError {
  return new HybridError('E_INTERRUPTED', 'interrupted', { hint });
}

/** Throws {@link interrupted} once the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted();
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const systemErrors: Record<string, { code: ErrorCode; says: string; hint: string }> = {
  ENOSPC: {
    code: 'E_RESOURCE',
    says: 'the disk is full',
    hint: 'Free some space or choose another folder with --out.',
  },
  EDQUOT: {
    code: 'E_RESOURCE',
    says: 'the disk quota is used up',
    hint: 'Free some space or choose another folder with --out.',
  },
  EACCES: {
    code: 'E_RESOURCE',
    says: 'permission denied',
    hint: 'Choose a path that you may read and write, or mend its permissions.',
  },
  EPERM: {
    code: 'E_RESOURCE',
    says: 'operation not permitted',
    hint: 'Choose a path that you may read and write, or mend its permissions.',
  },
  EROFS: {
    code: 'E_RESOURCE',
    says: 'the file system is read-only',
    hint: 'Choose another folder with --out.',
  },
  EMFILE: { code: 'E_RESOURCE', says: 'too many open files', hint: 'Raise the limit with `ulimit -n 4096`.' },
  ENOENT: { code: 'E_INPUT', says: 'no such file or folder', hint: 'Check the path.' },
  ENOTDIR: { code: 'E_USAGE', says: 'a part of the path is not a folder', hint: 'Check the path.' },
  EISDIR: { code: 'E_USAGE', says: 'expected a file, got a folder', hint: 'Check the path.' },
};

function fromSystem(thrown: unknown): HybridError | undefined {
  if (!isRecord(thrown) || typeof thrown.code !== 'string') return undefined;
  const known = systemErrors[thrown.code];
  if (known === undefined) return undefined;
  const path = typeof thrown.path === 'string' ? `${thrown.path}: ` : '';
  return new HybridError(known.code, `${path}${known.says}`, { hint: known.hint, cause: thrown });
}
