// The oldest tmux that will do, what a version says of itself, and how to get a newer one.

/** The oldest tmux whose control mode has what is needed here: client flags, subscriptions, `-N`. */
const OLDEST = [3, 2] as const;

export const OLDEST_TMUX = OLDEST.join('.');

export const HOW_TO_INSTALL_TMUX = `Install tmux ${OLDEST_TMUX} or newer: apt-get install tmux, dnf install tmux, or brew install tmux.`;

/** Reads the answer to `tmux -V`: `tmux 3.3a`, `tmux next-3.6`. What has no number (`tmux master`) is taken to be new. */
export function isTooOld(version: string): boolean {
  const match = /(\d+)\.(\d+)/.exec(version);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
