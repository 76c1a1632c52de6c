// Builds dist/: the extension, the command, the library with its types, the hub's page. `--watch` rebuilds on change, `--no-types` leaves the types out.
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXTENSION_BUDGET, bundles, listPublicEntries } from './lib/bundles.mjs';
import { buildHubPage } from './lib/hubPage.mjs';
import { dist, root } from './lib/paths.mjs';
import { emitTypes } from './lib/types.mjs';

/** Builds everything once, or the bundles named in `only`; throws with esbuild's or tsc's own words when something is wrong. */
export async function build({ types = true, only, log = () => undefined } = {}) {
  const esbuild = await import('esbuild');
  const started = performance.now();
  mkdirSync(dist, { recursive: true });
  if (only === undefined) rmSync(join(dist, 'public'), { recursive: true, force: true });
  const emitting = types && listPublicEntries().length > 0 ? emitTypes() : Promise.resolve();
  const all = bundles().filter(({ name }) => only === undefined || only.includes(name));
  const outcomes = await Promise.allSettled(all.map(({ options }) => esbuild.build(options)));
  await esbuild.stop(); // Its process would stay as long as ours.
  for (const [index, outcome] of outcomes.entries()) {
    const bundle = all[index];
    if (outcome.status === 'rejected') throw new Error(`The ${bundle.name} bundle cannot be built.\n${await explain(esbuild, outcome.reason)}`);
    await warn(esbuild, outcome.value, log);
    finish(bundle, log);
  }
  if (only === undefined) await buildHubPage({ log });
  await emitting;
  checkBudget();
  log(`built in ${Math.round(performance.now() - started)} ms`);
}

/** Builds, then builds again whenever a source file changes, until the process ends. */
async function watch() {
  const esbuild = await import('esbuild');
  mkdirSync(dist, { recursive: true });
  for (const bundle of bundles()) {
    const report = {
      name: 'report',
      setup(builder) {
        builder.onEnd(async (result) => {
          if (result.errors.length > 0) return console.error(`${bundle.name}\n${await explain(esbuild, result)}`);
          finish(bundle, console.log);
        });
      },
    };
    const context = await esbuild.context({ ...bundle.options, plugins: [...(bundle.options.plugins ?? []), report] });
    await context.watch();
  }
  await buildHubPage({ watch: true });
  console.log('Watching src. Reload the VS Code window to load what was built.');
}

function finish({ name, options, executable }, log) {
  if (executable !== undefined) chmodSync(executable, 0o755);
  if (options.outfile !== undefined) log(`${relative(root, options.outfile)}  ${Math.round(statSync(options.outfile).size / 1000)} KB`);
  else log(`${relative(root, options.outdir)}  ${name}`);
}

function checkBudget() {
  const file = join(dist, 'extension.cjs');
  if (!existsSync(file)) return;
  const { size } = statSync(file);
  if (size > EXTENSION_BUDGET) throw new Error(`dist/extension.cjs is ${size} bytes, over its budget of ${EXTENSION_BUDGET}: load something later.`);
}

async function warn(esbuild, { warnings }, log) {
  if (warnings.length > 0) log((await esbuild.formatMessages(warnings, { kind: 'warning' })).join(''));
}

async function explain(esbuild, reason) {
  return Array.isArray(reason?.errors) ? (await esbuild.formatMessages(reason.errors, { kind: 'error', color: process.stderr.isTTY === true })).join('') : String(reason);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const unknown = process.argv.slice(2).filter((word) => !['--watch', '--no-types'].includes(word));
  try {
    if (unknown.length > 0) throw new Error(`Unknown option ${unknown.join(' ')}. Known: --watch, --no-types.`);
    if (process.argv.includes('--watch')) await watch();
    else await build({ types: !process.argv.includes('--no-types'), log: console.log });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
