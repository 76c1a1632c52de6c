// What a provider is: a data record that says how one CLI is found, started and resumed.

/**
 * Words of a command line. In every group but `argv`, `{task}`, `{model}` and `{session}` are replaced by the text they name,
 * whole and as it is: words are never split, joined or read by a shell.
 */
export type Words = readonly string[];

export interface Provider {
  readonly id: string;
  /** The name people see. */
  readonly label: string;
  /** One line for pickers. */
  readonly description: string;
  /** A VS Code codicon's name. */
  readonly icon: string;
  /** Programs it needs on the PATH of the place it runs in; empty where a POSIX shell is enough. */
  readonly executables: readonly string[];
  /** How to get it: a full sentence. */
  readonly installHint: string;
  /** The npm package that holds the CLI, where there is one. */
  readonly npmPackage?: string;

  /** The program and the arguments it always gets. Empty: the person must name a program. */
  readonly argv: Words;
  /** Gives it its first prompt; left out when there is no task. */
  readonly task?: Words;
  /** Tasks that its parser would misread; a space put before them makes them plain text. */
  readonly misreads?: RegExp;
  readonly model?: Words;
  /** Lets it act without asking. */
  readonly autopilot?: Words;
  /** Makes it ask before it acts. With neither wish the CLI's own settings decide. */
  readonly ask?: Words;
  /** Added where the place itself isolates (a container) and autopilot is off. */
  readonly isolated?: Words;
  /** tmux names of the keys that interrupt its current turn, pressed in order; `C-c` when absent. */
  readonly interruptKeys?: Words;
  /** Continues the conversation `{session}`. */
  readonly resume?: Words;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Added to its environment with autopilot in a place that isolates. */
  readonly isolatedAutopilotEnv?: Readonly<Record<string, string>>;
}
