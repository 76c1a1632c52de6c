// Runs test/host inside a real extension host: VS Code's server opened by Chromium, or a desktop VS Code with `--desktop [PATH]`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { extensionBundles, HUB } from './lib/bundles.mjs';
import { TEST_SETTINGS } from './lib/calmSettings.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { buildHostTests } from './lib/hostBundle.mjs';
import { personEnvironment, root } from './lib/paths.mjs';
import { ensureVSCodeServer, startVSCodeServer } from './lib/vscodeServer.mjs';

const MARK = '@@tmux-agents-test ';
/** They share one editor, so they are one file to whoever wants them run once more. */
const HOST_TESTS = join(root, 'test', 'host');
const { values } = parseArgs({
  options: {
    grep: { type: 'string', default: '' },
    desktop: { type: 'boolean', default: false },
    'vscode-path': { type: 'string' },
    summary: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    timeout: { type: 'string', default: '600' },
  },
});

const results = { passed: 0, failed: 0, skipped: 0, ended: false, failures: [] };
const noise = [];

/** Takes one line that the extension host printed: a result of ours is shown, the rest is kept for the day something crashes. */
function take(text) {
  const at = text.indexOf(MARK);
  if (at < 0) {
    noise.push(text);
    if (noise.length > 200) noise.shift();
    return;
  }
  const line = JSON.parse(text.slice(at + MARK.length));
  if (line.type === 'pass') console.log(`  ✔ ${line.title} (${line.ms} ms)`);
  if (line.type === 'skip') console.log(`  - ${line.title}`);
  if (line.type === 'fail') {
    console.log(`  ✖ ${line.title}`);
    results.failures.push(line);
  }
  if (line.type === 'end') Object.assign(results, { passed: line.passed, failed: line.failed, skipped: line.skipped, ended: true });
}

/** A fresh place for one run: state, a home, a folder to work in, a tmux of its own. */
function makeWorld() {
  const base = mkdtempSync(join(tmpdir(), 'ta-host-'));
  const folder = join(base, 'project');
  for (const name of ['project', 'data', 'extensions', 'home', 'tmux']) mkdirSync(join(base, name));
  writeFileSync(join(folder, 'README.md'), '# A project\n');
  const git = (...args) => execFileSync('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', ...args], { stdio: 'ignore' });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'Begin');
  const env = { HOME: join(base, 'home'), TMUX_TMPDIR: join(base, 'tmux'), XDG_STATE_HOME: join(base, 'home', '.local', 'state'), XDG_RUNTIME_DIR: '', TMUX_AGENTS_TEST_GREP: values.grep };
  return { base, folder, env, dataDir: join(base, 'data'), extensionsDir: join(base, 'extensions') };
}

function removeWorld({ base, env }) {
  for (const socket of ['tmux-agents', 'default']) {
    try {
      execFileSync('tmux', ['-L', socket, 'kill-server'], { env: { ...process.env, ...env }, stdio: 'ignore' });
    } catch {
      // No such server was left.
    }
  }
  rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

async function runInServer(world, tests) {
  const server = await startVSCodeServer({ server: await ensureVSCodeServer({ log: console.log }), ...world, settings: TEST_SETTINGS, args: ['--enable-smoke-test-driver'] });
  const browser = await launchChromium();
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    const remote = (path) => `vscode-remote://127.0.0.1:${server.port}${path}`;
    const exit = new Promise((resolve) => page.exposeFunction('codeAutomationExit', (code) => resolve(code)));
    await page.exposeFunction('codeAutomationLog', (_type, args) => take(args.map(String).join(' ')));
    const url = new URL(server.url);
    url.searchParams.set('folder', world.folder);
    url.searchParams.set('payload', JSON.stringify([['extensionDevelopmentPath', remote(root)], ['extensionTestsPath', remote(tests)]]));
    await page.goto(url.href);
    return await withTimeout(exit);
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function runOnDesktop(world, tests) {
  const { runTests } = await import('@vscode/test-electron');
  const log = console.log;
  const stdout = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk, ...rest) => {
    for (const line of String(chunk).split('\n')) line.includes(MARK) ? take(line) : stdout(`${line}\n`);
    const done = rest.find((argument) => typeof argument === 'function');
    done?.();
    return true;
  };
  try {
    return await withTimeout(
      runTests({
        ...(values['vscode-path'] === undefined ? {} : { vscodeExecutablePath: values['vscode-path'] }),
        extensionDevelopmentPath: root,
        extensionTestsPath: tests,
        extensionTestsEnv: { ...personEnvironment(), ...world.env },
        launchArgs: [world.folder, '--user-data-dir', world.dataDir, '--extensions-dir', world.extensionsDir, '--disable-workspace-trust'],
      }).catch(() => 1),
    );
  } finally {
    process.stdout.write = stdout;
    log('');
  }
}

function withTimeout(promise) {
  const seconds = Number(values.timeout);
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`the tests did not end within ${seconds} s`)), seconds * 1000)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

let crash;
const world = makeWorld();
try {
  if (!values['no-build']) await build({ types: false, only: [...extensionBundles(), ...HUB] });
  const tests = await buildHostTests();
  const code = values.desktop ? await runOnDesktop(world, tests) : await runInServer(world, tests);
  if (!results.ended) crash = `The extension host ended with ${code} before its tests did.`;
} catch (error) {
  crash = error.stack ?? String(error);
} finally {
  removeWorld(world);
}
for (const [index, { title, error }] of results.failures.entries()) console.log(`\n  ${index + 1}) ${title}\n${error.replace(/^/gm, '     ')}`);
if (crash !== undefined) {
  results.failed++;
  const said = noise.flatMap((text) => text.split('\n')).filter((line) => !/^\s+at .*workbench\.js/.test(line));
  console.log(`\n  ${crash}\n${said.slice(-60).join('\n')}`);
}
if (results.ended && results.passed + results.failed + results.skipped === 0 && values.grep === '') {
  results.failed++;
  console.log('\n  No test ran in the extension host.');
}
console.log(`\n  ${results.passed} passed, ${results.failed} failed, ${results.skipped} skipped`);
if (values.summary !== undefined) {
  const counts = { passed: results.passed, failed: results.failed, skipped: results.skipped };
  const failures = results.failures.map(({ title, error }) => ({ file: HOST_TESTS, title, message: error }));
  writeFileSync(values.summary, JSON.stringify({ ...counts, files: { [HOST_TESTS]: counts }, failures }));
}
process.exitCode = results.failed > 0 ? 1 : 0;
