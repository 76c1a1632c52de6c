// Where the judging program lies: beside the bundle that asks, or in the sources.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** argv that judges on this machine, whatever the agent's PATH is; undefined where the package has no such program. */
export function gateProgram(): readonly string[] | undefined {
  const found = ['./gateMain.ts', './gate.cjs', '../gate.cjs'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
  return found === undefined ? undefined : [process.execPath, found];
}
