// Where a runner's configuration lies: `-c FILE`, SIBYL_CONFIG_FILE, SIBYL_CONFIG_DIR, or Sibyl's usual place; and `~` in paths.
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

export function homeOf(env: Environment): string {
  return textIn(env, 'HOME') ?? homedir();
}

/** Absolute. `named` is what the command line says; relative ones count from `cwd`. */
export function runnerConfigPath(named: string | undefined, env: Environment, cwd: string): string {
  const home = homeOf(env);
  const file = named ?? textIn(env, 'SIBYL_CONFIG_FILE');
  if (file !== undefined) return resolve(cwd, expandHome(file, home));
  const folder = textIn(env, 'SIBYL_CONFIG_DIR');
  return join(folder === undefined ? join(home, '.config', 'sibyl') : resolve(cwd, expandHome(folder, home)), 'runner.yaml');
}

/** `~` and `~/...` are the user's home; everything else is as it was. */
export function expandHome(path: string, home: string): string {
  if (path === '~') return home;
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}

/** Absolute, with `~` expanded; relative ones count from the folder of the file that names them. */
export function pathIn(folder: string, path: string, home: string): string {
  const expanded = expandHome(path, home);
  return isAbsolute(expanded) ? resolve(expanded) : resolve(folder, expanded);
}

/** Undefined for a variable that is not there or blank. */
export function textIn(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}
