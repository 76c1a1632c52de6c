// The part of a CLI's home that it must write to, conversations above all: in a container a folder of the agent's own, which outlives the container.

import { posix } from 'node:path';

/** Where a container has that folder. Outside of the home: what is mounted there is for reading only. */
export const KEPT_HOME = '/var/lib/tmux-agents/home';

/** What a CLI keeps in its home, and how it is told to keep it elsewhere. */
export interface KeptHome {
  readonly folders: readonly TakenFolder[];
  /** Added to the environment; `{home}` stands for the folder that is kept. */
  readonly env: Readonly<Record<string, string>>;
}

export interface TakenFolder {
  /** Relative to the home as the container shows it: `.codex`. */
  readonly from: string;
  /** Relative to the kept folder. */
  readonly to: string;
  /** What is linked to, where it is there: settings and credentials, by name or by a shell's pattern. */
  readonly links: readonly string[];
  /** What is copied once instead, because the CLI writes to it. */
  readonly copies?: readonly string[];
}

/** The environment with the kept folder's path in it. */
export function keptEnv(home: KeptHome, folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(home.env).map(([name, value]) => [name, value.replaceAll('{home}', folder)]));
}

/**
 * $1 the kept folder, then for each entry three words: `link` or `copy`, the path under the home (its last part may be a pattern), and the
 * folder in the kept one. What is there already stays, but a link that leads nowhere is replaced. Constant: patterns come from providers' records alone.
 */
export const TAKE_OVER_SCRIPT = `
take_over() {
  kept=$1
  shift
  while [ $# -ge 3 ]; do
    mkdir -p "$kept/$3" || return
    for entry in "$HOME/\${2%/*}"/\${2##*/}; do
      name=\${entry##*/}
      case $name in . | ..) continue ;; esac
      [ -e "$entry" ] || continue
      [ -e "$kept/$3/$name" ] && continue
      rm -f "$kept/$3/$name"
      case $1 in
        copy) cp -R "$entry" "$kept/$3/$name" && chmod -R u+w "$kept/$3/$name" ;;
        *) ln -s "$entry" "$kept/$3/$name" ;;
      esac || return
    done
    shift 3
  done
}
`;

/** Where in the kept folder the CLI looks for a file of its home; undefined where it keeps none of that kind. */
export function keptPath(home: KeptHome, name: string): string | undefined {
  const [folder, file] = [posix.dirname(name), posix.basename(name)];
  const taken = home.folders.filter(({ from }) => posix.normalize(from) === folder);
  const named = taken.find(({ links, copies = [] }) => [...links, ...copies].includes(file)) ?? taken[0];
  return named === undefined ? undefined : posix.join(named.to, file);
}

/** The words that `take_over` takes after the kept folder. */
export function takeOverWords(home: KeptHome): string[] {
  return home.folders.flatMap(({ from, to, links, copies = [] }) => [
    // So that the folder is there even where nothing is taken over.
    ...['link', `${from}/.no-such-entry`, to],
    ...copies.flatMap((name) => ['copy', `${from}/${name}`, to]),
    ...links.flatMap((name) => ['link', `${from}/${name}`, to]),
  ]);
}
