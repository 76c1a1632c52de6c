// `npm test`: types, lint, unit, integration, host, browser, in this order, ending in one line `N passed, N failed, N skipped`.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { findChromium } from './lib/chromium.mjs';
import { buildHubPage } from './lib/hubPage.mjs';
import { dist, pinnedNode, root, toolEnvironment } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';
import { filesToRunAgain, joined } from './lib/secondRun.mjs';

const HELP = `npm test -- [options]

  --only PART[,PART]   types, lint, unit, integration, host, browser; more-clis runs only when named
  --grep PATTERN       only the tests whose name matches (leaves types and lint out)
  --desktop            the host part in a desktop VS Code that @vscode/test-electron downloads
  --help               this text

REQUIRE_ALL=1 makes a part whose component is missing a failure instead of a skip.
`;

/** Each part: what it needs (a sentence when that is missing), and how it runs to its counts. */
const PARTS = {
  types: { run: () => allTypes() },
  lint: { run: () => checker('eslint/bin/eslint.js', ['.', '--max-warnings', '0']) },
  unit: { run: () => mocha('unit', 300) },
  integration: { run: () => mocha('integration', 4_000) },
  host: { missing: needsBrowser, run: hostTests },
  browser: { missing: needsBrowser, run: browserTests },
  // Further real CLIs, which nobody else's tests wait for: run when asked for by name.
  'more-clis': { asked: true, run: () => mocha('more-clis', 1_200) },
};

let options;
try {
  options = parseArgs({ options: { only: { type: 'string' }, grep: { type: 'string' }, desktop: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } }).values;
  const unknown = selected().filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new Error(`No part is named ${unknown.join(', ')}.`);
} catch (error) {
  console.error(`${error.message}\n\n${HELP}`);
  process.exit(2);
}
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const summaries = mkdtempSync(join(tmpdir(), 'ta-summaries-'));
process.on('exit', () => rmSync(summaries, { recursive: true, force: true }));
const total = { passed: 0, failed: 0, skipped: 0 };
const table = [];
await buildFirst();
for (const name of selected()) {
  console.log(`\n=== ${name} ===`);
  const started = performance.now();
  const counts = await runPart(name).catch((error) => failure(error.stack ?? String(error)));
  for (const key of Object.keys(total)) total[key] += counts[key];
  table.push([name, counts, Math.round((performance.now() - started) / 1000)]);
}
for (const [name, { unsteady = [] }] of table) for (const test of unsteady) tell(`\nunsteady (${name}): failed, and passed when its file was run once more`, test);
// Once more, all in one place: the end of a long run is what is looked at first.
for (const [name, { failures = [] }] of table) for (const test of failures) tell(`\nfailed (${name})`, test);
console.log('');
for (const [name, { passed, failed, skipped }, seconds] of table) console.log(`${name.padEnd(12)} ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)`);
if (total.passed + total.failed + total.skipped === 0) {
  console.log('No test was executed.');
  total.failed++;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Integration tests use dist/ as a person would. The parts in VS Code build what they need by themselves. */
async function buildFirst() {
  if (!selected().includes('integration')) return;
  console.log('\n=== build ===');
  const { code } = await run([pinnedNode(), join(root, 'scripts', 'build.mjs')], { cwd: root, env: toolEnvironment(), show: true });
  if (code !== 0) total.failed += failure('The build failed: tests of what it makes cannot be trusted.').failed;
}

function selected() {
  if (options.only !== undefined) return options.only.split(',').map((name) => name.trim());
  return Object.keys(PARTS).filter((name) => PARTS[name].asked !== true && (options.grep === undefined || !['types', 'lint'].includes(name)));
}

async function runPart(name) {
  const missing = PARTS[name].missing?.();
  if (missing === undefined) return PARTS[name].run();
  if (process.env.REQUIRE_ALL === '1') return failure(`${missing} (REQUIRE_ALL=1 makes this a failure)`);
  console.log(`skipped: ${missing}`);
  return { passed: 0, failed: 0, skipped: 1 };
}

function failure(sentence) {
  console.log(sentence);
  return { passed: 0, failed: 1, skipped: 0 };
}

/** A tool that passes or fails as a whole counts as one test. */
async function checker(tool, args) {
  const { code } = await run([pinnedNode(), join(root, 'node_modules', tool), ...args], { cwd: root, env: toolEnvironment(), show: true });
  if (code === 0) console.log('  ✔ nothing to complain about');
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** The library, and the pages of webviews and of the hub, which know the DOM and no Node. */
async function allTypes() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const project of ['.', 'src/webview', 'src/hub/page']) {
    const { passed, failed } = await checker('typescript/bin/tsc', ['--noEmit', '--pretty', '-p', project]);
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

async function mocha(folder, seconds, env = {}) {
  const path = join(root, 'test', folder);
  const files = existsSync(path) ? readdirSync(path, { recursive: true }).filter((file) => file.endsWith('.test.ts')).sort().map((file) => join('test', folder, file)) : [];
  if (files.length === 0) return failure(`test/${folder} has no tests.`);
  const grep = options.grep === undefined ? [] : ['--grep', options.grep];
  const argv = [pinnedNode(), join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'), '--reporter', join(root, 'scripts', 'lib', 'countingReporter.cjs'), ...grep];
  const once = (some) => counted(folder, [...argv, ...some], seconds, env);
  return folder === 'unit' ? once(files) : withSecondRun(folder, files, once);
}

/** Runs the files of a part, and those that failed once more, when they are few. */
async function withSecondRun(name, files, once) {
  const first = await once(files);
  const again = filesToRunAgain(first);
  if (again.length === 0) return first;
  console.log(`\n=== ${name}, once more: ${again.map((file) => relative(root, file)).join(', ')} ===`);
  const second = await once(again);
  return second.files === undefined ? first : joined(first, second, again);
}

function tell(what, { title, message }) {
  console.log(`${what}: ${title}\n${message.replace(/^/gm, '    ')}`);
}

async function hostTests() {
  const grep = options.grep === undefined ? [] : ['--grep', options.grep];
  const desktop = options.desktop ? ['--desktop'] : [];
  const argv = [pinnedNode(), join(root, 'scripts', 'hostTests.mjs'), ...grep, ...desktop, '--summary', join(summaries, 'host.json')];
  return withSecondRun('host', [], () => counted('host', argv, 660));
}

/** Makes the VSIX and the hub's page once; every browser test uses these very files. */
async function browserTests() {
  const vsix = join(dist, 'test', 'tmux-agents.vsix');
  const { code } = await run([pinnedNode(), join(root, 'scripts', 'package.mjs'), '--out', vsix], { cwd: root, env: toolEnvironment(), show: true });
  if (code !== 0) return failure('The VSIX cannot be made.');
  await buildHubPage();
  return mocha('browser', 900, { TMUX_AGENTS_VSIX: vsix, TMUX_AGENTS_HUB_PAGE_BUILT: '1' });
}

/** Runs a part in a process of its own. It counts by the summary that it leaves; without one, or with none run, it failed. */
async function counted(name, argv, seconds, env = {}) {
  const summary = join(summaries, `${name}.json`);
  rmSync(summary, { force: true });
  const { code, killedBy } = await run(argv, { cwd: root, env: toolEnvironment({ ...env, TEST_SUMMARY: summary }), show: true, timeoutMs: seconds * 1000 });
  if (!existsSync(summary)) return failure(`${name}: the tests ended by ${killedBy ?? `exit code ${code}`} before they could be counted.`);
  const counts = JSON.parse(readFileSync(summary, 'utf8'));
  if (code !== 0 && counts.failed === 0) return { ...counts, failed: failure(`${name}: every test passed, yet the run ended by ${killedBy ?? `exit code ${code}`}.`).failed };
  if (counts.passed + counts.failed + counts.skipped === 0 && options.grep === undefined) return failure(`${name}: no test was executed.`);
  return counts;
}

function needsBrowser() {
  if (findChromium() === undefined) return 'Chromium is not installed: apt-get install -y chromium, or set CHROMIUM_PATH.';
  return process.platform === 'win32' ? 'these tests need a POSIX system.' : undefined;
}
