/** What a command of the command line is, and what it gets to work with. */
import type { Command as CommandName, Settings } from '../config/fields.js';
import type { Progress } from '../report/progress.js';

export interface Ports {
  progress: Progress;
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
}

export interface CommandDefinition {
  name: CommandName;
  /** One line for --help. */
  summary: string;
  /** Positional arguments, as commander writes them: `<action> [text]`. */
  arguments?: string;
  /** Examples as people type them, for --help. */
  examples: readonly string[];
  /** Does the work and returns the object that --json prints; `print` makes the readable form of it. */
  run(settings: Settings, ports: Ports, args: readonly string[]): Promise<object>;
  print(result: object, settings: Settings): string;
  /** Of a result that is a report about what is wrong; 0 when not given. */
  exitCode?(result: object): number;
}
