// `npm start -- --vscode-path`: what a desktop VS Code is started with, and that it ends with us. The program here only writes down its arguments.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/paths.mjs';
import { descendants, run } from '../../../scripts/lib/processes.mjs';
import { assertEnded } from '../../support/startedVSCode.ts';

describe('npm start -- --desktop', function () {
  this.timeout(60_000);
  let base: string;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'ta-desktop-'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('opens the folder with the extension, and ends VS Code on Ctrl-C', async () => {
    const program = join(base, 'code with spaces');
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${base}/argv'\nexec sleep 300\n`);
    chmodSync(program, 0o755);
    const child = spawn(process.execPath, ['scripts/start.mjs', '--state', join(base, 'state'), '--folder', base, '--vscode-path', program], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    while (!output.includes('VS Code opens now')) output += String((await once(child.stdout, 'data'))[0]);
    // The compiler's own process ends by itself, after the build.
    let below = await descendants(child.pid ?? 0);
    for (const deadline = Date.now() + 20_000; below.length !== 1; below = await descendants(child.pid ?? 0)) assert.ok(Date.now() < deadline, `${below.length} processes are below it`);
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 0);
    await assertEnded(below);
  });

  it('ends when its window is closed, having passed on where everything is', async () => {
    const program = join(base, 'code');
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${base}/argv'\n`);
    chmodSync(program, 0o755);
    const { code } = await run([process.execPath, 'scripts/start.mjs', '--state', join(base, 'state'), '--folder', base, '--vscode-path', program], { cwd: root });
    assert.equal(code, 0);
    const argv = readFileSync(join(base, 'argv'), 'utf8').split('\n');
    assert.equal(argv[0], base);
    assert.equal(argv[argv.indexOf('--extensions-dir') + 1], join(base, 'state', 'extensions'));
    assert.ok(argv.includes('--wait'), 'it must stay as long as its window');
  });

  it('says that the program cannot be started', async () => {
    const { code, output } = await run([process.execPath, 'scripts/start.mjs', '--state', join(base, 'state'), '--vscode-path', join(base, 'nothing')], { cwd: root });
    assert.equal(code, 1);
    assert.match(output, /nothing cannot be started: give the path of VS Code's program with --vscode-path/);
  });
});
