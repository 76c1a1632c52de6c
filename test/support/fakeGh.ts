// A stand-in for GitHub's program `gh`, which cannot be had without an account: writes down its arguments and input, answers with an address.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const GH_ANSWER = 'https://github.com/o/n/pull/7';

/** Makes `gh` in a new folder below `base`. Resolves with that folder, for PATH; calls go to `gh.args` and `gh.input` there. */
export function makeFakeGh(base: string): string {
  const folder = join(base, 'fake-gh');
  mkdirSync(folder);
  writeFileSync(join(folder, 'gh'), `#!/bin/sh\nfor word in "$@"; do printf '%s\\n' "$word"; done > '${folder}/gh.args'\ncat > '${folder}/gh.input'\necho "Warning: a notice" >&2\necho '${GH_ANSWER}'\n`);
  chmodSync(join(folder, 'gh'), 0o755);
  return folder;
}
