// Paths as they are written: whether they lead out of the workspace, and whether what they name is sensitive. Nothing is looked up here.
import { posix } from 'node:path';

/** Files of this name may be written without a second thought, though they begin with a dot. */
const HARMLESS = /^\.(?:gitignore|gitkeep|editorconfig|nvmrc|node-version|python-version|dockerignore|npmignore|prettierignore|eslintignore|cache|next|nuxt|turbo|pytest_cache|mypy_cache|ruff_cache|nyc_output|venv|tox|tmp|temp|DS_Store)$/;
/** Names of what holds secrets. */
const SECRET = /^(?:\.env(?!\.(?:example|sample|template)$).*|\.ssh|\.gnupg|\.aws|\.azure|\.kube|\.docker|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.vault-token|id_(?:rsa|dsa|ecdsa|ed25519).*|.*\.(?:pem|key|p12|pfx|keystore|kdbx)|credentials(?:\.json)?|shadow|secrets?(?:\.ya?ml|\.json)?)$/i;
/** Where writing harms nobody. The terminal is no such place: what is written there may pass for the CLI's own status. */
const SINKS = new Set(['/dev/null', '/dev/stdout', '/dev/stderr']);

/** Absolute, without `.` and `..`; a relative path is one of the workspace. */
export function absolutePath(path: string, workspace: string): string {
  return posix.resolve(workspace, path);
}

/** True for the folder itself and for what lies below it. Both are absolute and normal. */
export function isWithin(path: string, folder: string): boolean {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  return path === folder || path.startsWith(prefix);
}

export function isSink(path: string): boolean {
  return SINKS.has(path);
}

/** A part of the path that configures tools or shells: `.git`, `.bashrc`, `.vscode`. What the workspace's own path has in front does not count. */
export function dotPart(path: string, workspace: string): string | undefined {
  return ownParts(path, workspace).find((part) => /^\.[^.]/.test(part) && !HARMLESS.test(part));
}

/** A part of the path that names what usually holds secrets. */
export function secretPart(path: string, workspace: string): string | undefined {
  return ownParts(path, workspace).find((part) => SECRET.test(part));
}

/** The names of a path, without those that it shares with the workspace's from the root on. */
function ownParts(path: string, workspace: string): readonly string[] {
  const parts = absolutePath(path, workspace).split('/');
  const shared = workspace.split('/');
  const first = parts.findIndex((part, index) => part !== shared[index]);
  return first === -1 ? [] : parts.slice(first);
}

/** What in an argument may be a path: the argument, or what follows `=` or a flag's letter. Undefined for a flag that holds none. */
export function pathIn(argument: string): string | undefined {
  if (!argument.startsWith('-')) return argument;
  const value = argument.indexOf('=');
  if (value !== -1) return argument.slice(value + 1);
  if (argument.startsWith('--')) return undefined;
  const path = argument.search(/[/.~]/);
  return path > 1 ? argument.slice(path) : undefined;
}
