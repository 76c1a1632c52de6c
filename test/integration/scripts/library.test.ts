// The built package as somebody else's project uses it: as an ES module, as CommonJS, typed either way, and as a command.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dist, npm, pinnedNode, root, toolEnvironment } from '../../../scripts/lib/paths.mjs';
import { mustRun, run } from '../../../scripts/lib/processes.mjs';

describe('the built package', function () {
  this.timeout(120_000);
  let consumer: string;

  before(async () => {
    if (!existsSync(join(dist, 'types', 'esm', 'public', 'runtimes.d.ts'))) await mustRun([pinnedNode(), join(root, 'scripts', 'build.mjs')], { cwd: root, env: toolEnvironment() });
    consumer = mkdtempSync(join(tmpdir(), 'ta-consumer-'));
    mkdirSync(join(consumer, 'node_modules'));
    symlinkSync(root, join(consumer, 'node_modules', 'tmux-agents'), 'dir');
  });
  after(() => rmSync(consumer, { recursive: true, force: true }));

  it('is imported as an ES module', async () => {
    writeFileSync(join(consumer, 'use.mjs'), "import { RuntimeManager, DockerRuntime } from 'tmux-agents/runtimes';\nconsole.log(typeof new RuntimeManager().register, typeof DockerRuntime);\n");
    assert.equal(await mustRun([pinnedNode(), 'use.mjs'], { cwd: consumer }), 'function function\n');
  });

  it('is required as CommonJS', async () => {
    writeFileSync(join(consumer, 'use.cjs'), "const { RuntimeManager, DockerRuntime } = require('tmux-agents/runtimes');\nconsole.log(typeof new RuntimeManager().register, typeof DockerRuntime);\n");
    assert.equal(await mustRun([pinnedNode(), 'use.cjs'], { cwd: consumer }), 'function function\n');
  });

  it('has the runner both ways, too', async () => {
    const names = 'RunnerService, SessionManager, AdapterRegistry, createAdapter';
    const use = `console.log([${names}].map((each) => typeof each).join(' '), createAdapter('claude_code').id, new AdapterRegistry().ids().length);\n`;
    writeFileSync(join(consumer, 'runner.mjs'), `import { ${names} } from 'tmux-agents/runner';\n${use}`);
    writeFileSync(join(consumer, 'runner.cjs'), `const { ${names} } = require('tmux-agents/runner');\n${use}`);
    for (const file of ['runner.mjs', 'runner.cjs']) assert.equal(await mustRun([pinnedNode(), file], { cwd: consumer }), 'function function function function claude_code 0\n');
  });

  it('has types for both, and they are real: a wrong call does not compile', async () => {
    const good =
      "import { RuntimeManager } from 'tmux-agents/runtimes';\nimport { RunnerService, type RunnerConfig } from 'tmux-agents/runner';\nexport const ids: readonly string[] = new RuntimeManager().runtimeIds;\nconst config: RunnerConfig = { providers: ['codex'] };\nnew RunnerService(config).on('session_failed', ({ reason }) => reason?.trim());\n";
    const bad = "import { RuntimeManager } from 'tmux-agents/runtimes';\nnew RuntimeManager().register(42);\n";
    for (const kind of ['mts', 'cts']) {
      writeFileSync(join(consumer, `good.${kind}`), good);
      writeFileSync(join(consumer, `bad.${kind}`), bad);
    }
    const tsc = (...files: readonly string[]): Promise<{ code: number; output: string }> =>
      run([pinnedNode(), join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig', '--target', 'es2022', '--module', 'node16', '--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node', ...files], { cwd: consumer });
    assert.deepEqual(await tsc('good.mts', 'good.cts').then(({ code, output }) => ({ code, output })), { code: 0, output: '' });
    const { code, output } = await tsc('bad.mts', 'bad.cts');
    assert.notEqual(code, 0);
    assert.match(output, /bad\.mts.*error TS2\d+/);
    assert.match(output, /bad\.cts.*error TS2\d+/);
  });

  it('is a command that npx finds in the clone', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const output = await mustRun(npm('exec', '--no', '--', 'tmux-agents', '--version'), { cwd: root, env: toolEnvironment({ npm_config_loglevel: 'error' }) });
    assert.equal(output.trim().split('\n').at(-1), version);
  });
});
