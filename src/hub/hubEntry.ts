// The hub as a bundle of its own: what the command loads once a hub is asked for. Needs Node's own SQLite.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export { startWholeHub, type WholeHub } from './server/wholeHub.ts';
export { ownRunnerCame, registerOwnRunner } from './village/ownRunner.ts';
export type { HubOptions } from './parts.ts';

/** Where the built page lies: beside the bundle, or in dist/ when the hub runs from its source. Undefined where it was not built. */
export function builtPage(): string | undefined {
  return ['./hub-page', '../../dist/hub-page'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
}
