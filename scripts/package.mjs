// Makes the VSIX: builds, packs what .vscodeignore lets in, and holds it to its budget.
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { pinnedNode, root, toolEnvironment } from './lib/paths.mjs';
import { mustRun } from './lib/processes.mjs';

/** Budget of the VSIX, in bytes. */
const BUDGET = 2 * 1000 * 1000;

/** Packs dist/ and the manifest as `out`. Resolves with its size in bytes; throws when it is over its budget. */
async function packageExtension({ out, log = () => undefined }) {
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const licence = existsSync(join(root, 'LICENSE')) ? [] : ['--skip-license'];
  await mustRun([pinnedNode(), vsce, 'package', '--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository', ...licence, '--out', out], { cwd: root, env: toolEnvironment() });
  const { size } = statSync(out);
  if (size > BUDGET) throw new Error(`${relative(root, out)} is ${size} bytes, over its budget of ${BUDGET}.`);
  log(`${relative(process.cwd(), out)}  ${Math.round(size / 1000)} KB`);
  return size;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, `${name}-${version}.vsix`) } } });
    await build({ types: false, only: ['extension', 'command', 'dockerode', 'shellJudge', 'review', 'rules'], log: console.log });
    mkdirSync(dirname(values.out), { recursive: true });
    await packageExtension({ out: values.out, log: console.log });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
