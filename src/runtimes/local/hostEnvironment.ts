// Which of this process's environment a tmux server that we start may inherit: not what VS Code or Node put there for themselves,
// nor that a CI job runs: with CI set, CLIs take their terminal for none (Gemini CLI 0.61 ends at once).

const ours = /^(VSCODE_|ELECTRON_|NODE_OPTIONS$|NODE_INSPECT|CHROME_DESKTOP$|ORIGINAL_XDG_|GDK_PIXBUF_|TMUX$|TMUX_PANE$|npm_|INIT_CWD$|CI$|CONTINUOUS_INTEGRATION$)/;

/** The environment for a tmux server of ours. */
export function hostEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && !ours.test(name)) kept[name] = value;
  return kept;
}

/** What changes between the start of the server and the start of an agent, and so is given to each agent anew. */
export function freshEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const fresh: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'LANG']) {
    const value = env[name];
    if (value !== undefined && value !== '') fresh[name] = value;
  }
  return fresh;
}
