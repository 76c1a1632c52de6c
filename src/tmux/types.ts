// What tmux is made of, as this project sees it: ids, sessions, windows, panes, notifications.

export type SessionId = `$${number}`;
export type WindowId = `@${number}`;
export type PaneId = `%${number}`;

export interface TmuxSession {
  readonly id: SessionId;
  /** As tmux holds it: `:` and `.` of the wished name became `_`, control characters are escaped. */
  readonly name: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly windows: number;
  /** Clients attached, control clients included. */
  readonly attached: number;
}

export interface TmuxWindow {
  readonly id: WindowId;
  readonly sessionId: SessionId;
  readonly sessionName: string;
  readonly index: number;
  readonly name: string;
  readonly active: boolean;
  readonly width: number;
  readonly height: number;
}

export interface TmuxPane {
  readonly id: PaneId;
  readonly windowId: WindowId;
  readonly windowIndex: number;
  readonly sessionId: SessionId;
  readonly sessionName: string;
  readonly index: number;
  readonly active: boolean;
  /** The process id of the program tmux started in it, in the place's own numbering. */
  readonly pid: number;
  readonly title: string;
  /** The foreground program's name. */
  readonly command: string;
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Present once the program has ended (the pane remains). `code` is null after a signal; both are absent while tmux has not reaped it yet. */
  readonly dead?: { readonly code: number | null; readonly signal?: string };
  /** The value of the pane option `@tmux-agents`, or empty. */
  readonly record: string;
}

/** A pane by id, or by exact session name (or id), window index (or id) and pane index (or id). */
export type PaneTarget = PaneId | { readonly session: string; readonly window: string; readonly pane: string };

export interface CaptureOptions {
  /** How many of the last lines, scrollback included. Default 100. */
  readonly lines?: number | 'all' | undefined;
  /** With colours and attributes as escape sequences. */
  readonly escapes?: boolean | undefined;
  /** Joins lines that the terminal wrapped. */
  readonly joinWrapped?: boolean | undefined;
}

export interface FormatChange {
  readonly session: SessionId | undefined;
  readonly window: WindowId | undefined;
  readonly pane: PaneId | undefined;
  readonly value: string;
}
