// What our own tmux server is set to. Data: scope, name, value. An option that an older tmux does not know is skipped.

export interface ServerOption {
  /** Flags of `set-option`. */
  readonly scope: '-s' | '-g' | '-gw';
  readonly name: string;
  readonly value: string;
}

export const serverOptions: readonly ServerOption[] = [
  // A dead program's pane stays, with its exit code and last words.
  { scope: '-gw', name: 'remain-on-exit', value: 'on' },
  { scope: '-gw', name: 'remain-on-exit-format', value: '' },
  // The agent decides how its session ends, not the terminal that shows it.
  { scope: '-g', name: 'destroy-unattached', value: 'off' },
  { scope: '-g', name: 'detach-on-destroy', value: 'on' },
  { scope: '-g', name: 'history-limit', value: '50000' },
  { scope: '-g', name: 'base-index', value: '0' },
  { scope: '-gw', name: 'pane-base-index', value: '0' },
  { scope: '-gw', name: 'window-size', value: 'latest' },
  // Windows bear the agents' names. A window that renames itself is announced at any time, and to announce is not safe: see serverLock.ts.
  { scope: '-gw', name: 'automatic-rename', value: 'off' },
  { scope: '-gw', name: 'allow-rename', value: 'off' },
  { scope: '-gw', name: 'aggressive-resize', value: 'on' },
  // People attach from a terminal with a wheel and a clipboard.
  { scope: '-g', name: 'mouse', value: 'on' },
  { scope: '-s', name: 'set-clipboard', value: 'on' },
  { scope: '-s', name: 'escape-time', value: '10' },
  { scope: '-s', name: 'focus-events', value: 'on' },
  { scope: '-s', name: 'extended-keys', value: 'on' },
  { scope: '-s', name: 'default-terminal', value: 'tmux-256color' },
  { scope: '-s', name: 'terminal-features[100]', value: 'xterm*:RGB:extkeys' },
  { scope: '-g', name: 'set-titles', value: 'on' },
  { scope: '-g', name: 'set-titles-string', value: '#{pane_title}' },
  { scope: '-g', name: 'status-style', value: 'bg=default,fg=colour245' },
  { scope: '-g', name: 'status-left', value: ' #{session_name}  ' },
  { scope: '-g', name: 'status-left-length', value: '60' },
  { scope: '-g', name: 'status-right', value: ' #{?pane_dead,exited #{pane_dead_status}  ,}#{?client_prefix,prefix  ,}detach: C-b d ' },
  { scope: '-gw', name: 'window-status-format', value: '#{window_name}' },
  { scope: '-gw', name: 'window-status-current-format', value: '#{window_name}' },
];

/** The session whose one client sees the output of every window linked into it. */
export const MONITOR_SESSION = 'tmux-agents-monitor';

/** Runs when a pane's program has ended. `-b` takes the command out of the hook, whose own commands notify nobody. */
export const PANE_DIED_HOOK = 'run-shell -bC "rename-window -t #{hook_pane} -- \\"##{window_name}\\""';

/**
 * Runs when a client left or a session ended: half a second later the server ends too, if nothing but the monitor is left and nobody looks at it.
 * Not `destroy-unattached`: tmux 3.3a can crash, agents and all, when several clients leave such a session at once.
 */
export const LAST_ONE_OUT_HOOK = `run-shell -b -d 0.5 -C "if-shell -F -t =${MONITOR_SESSION}: \\"##{&&:##{==:##{S:x},x},##{==:##{session_attached},0}}\\" kill-server"`;
