// What an agent that gets no more than it needs takes from this process's environment: what programs need anywhere, and no secret.

/**
 * By name; `*` as the last letter stands for any others. What tells of the terminal is not among them: the agent's own terminal says that.
 * Proxies may hold a password of their own: without them an agent reaches nothing.
 */
const NEEDED: readonly string[] = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'LC_*', 'COLORTERM', 'NO_COLOR', 'TZ', 'TMPDIR', 'HOSTNAME', 'TERMINFO', 'TERMINFO_DIRS', 'DISPLAY', 'WAYLAND_DISPLAY'],
  ...['XDG_CONFIG_HOME', 'XDG_CONFIG_DIRS', 'XDG_DATA_HOME', 'XDG_DATA_DIRS', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'FTP_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'ftp_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO'],
];

export interface EnvironmentNames {
  /** Those that the agent's CLI documents. */
  readonly own?: readonly string[] | undefined;
  /** Those of the settings. */
  readonly extra?: readonly string[] | undefined;
}

/** The variables that are kept, each with its value. */
export function agentEnvironment({ own = [], extra = [] }: EnvironmentNames = {}, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const names = [...NEEDED, ...own, ...extra];
  const isKept = (name: string): boolean => names.some((wanted) => (wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted));
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && isKept(entry[0])));
}
