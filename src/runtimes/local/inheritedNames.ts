// Which variables an agent gets of the environment that it is spawned from, where that is an allowlist: what programs need, and nothing that is a secret.

/** `*` as the last letter stands for any others. */
const NEEDED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'LC_*', 'TERM', 'TERMINFO', 'TERMINFO_DIRS', 'COLORTERM', 'TZ', 'TMPDIR', 'PWD', 'HOSTNAME', 'XDG_*', 'DISPLAY', 'WAYLAND_DISPLAY'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
  // tmux's own, without which nobody finds the pane.
  ...['TMUX', 'TMUX_PANE'],
] as const;

/** The names that are kept: `own` are those of the agent's CLI, `extra` those of the settings. */
export function inheritedNames(own: readonly string[] = [], extra: readonly string[] = []): readonly string[] {
  return [...new Set([...NEEDED, ...own, ...extra])].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name));
}
