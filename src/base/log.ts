// The log interface everything takes; the extension gives a LogOutputChannel, the command a file or nothing.

/** Structurally a `vscode.LogOutputChannel`. No secret and no prompt text is ever passed to it. */
export interface Log {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const nothing = (): void => undefined;

export const silentLog: Log = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
