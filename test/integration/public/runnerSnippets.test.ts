// The TypeScript of the runner's document, taken from it as it stands and run against the built package's `tmux-agents/runner`: real git, real tmux, the real Codex.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import ts from 'typescript';
import { cliHome, needsAgentClis } from '../../support/agentClis.ts';
import { startModelStub } from '../../support/modelStub.ts';
import { needs, needsThat } from '../../support/requirements.ts';
import { makeTmuxHome } from '../../support/tmuxHome.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const document = readFileSync(join(root, 'test', 'fixtures', 'documents', 'village-runner.md'), 'utf8');
const [basic = '', create = '', manager = '', adapters = ''] = [...document.matchAll(/```typescript\n([\s\S]*?)```/g)].map(([, code = '']) => code.replaceAll('@ai-agent-village-monitor/runner', 'tmux-agents/runner'));

/** What the reader does once the snippets have run: hears of the end, and stops the runner. */
const tail = `
import type { Session as RunnerSession } from 'tmux-agents/runner';
const ended = await new Promise<RunnerSession>((resolve) => {
  runner.on('session_completed', resolve);
  runner.on('session_failed', resolve);
});
console.log(JSON.stringify({ id: session.sessionId, state: ended.state, reason: ended.reason, workspace: ended.workspacePath, adapter: adapter.id, detected: typeof (await adapter.detect()).installed, registered: new AdapterRegistry().ids() }));
await runner.stop();
`;
const program = `${basic}\n${create}\n${adapters}\n${tail}`;

describe("the snippets of the runner's document", function () {
  this.timeout(180_000);
  let folder: string;

  before(() => {
    assert.ok(adapters !== '', 'the document has lost a snippet');
    assert(existsSync(join(root, 'dist', 'public', 'runner.mjs')), 'the package is not built: run npm run build');
    mkdirSync(join(root, 'test-output'), { recursive: true });
    folder = mkdtempSync(join(root, 'test-output', 'runner-snippets-'));
  });
  after(() => folder && rmSync(folder, { recursive: true, force: true }));

  async function run(name: string, code: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, transformSync(code, { loader: 'ts', format: 'esm' }).code);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 150_000, env });
    return stdout;
  }

  it('type-check against the published types', () => {
    const files = Object.entries({ program, manager }).map(([name, code]) => {
      const file = join(folder, `${name}.ts`);
      writeFileSync(file, `${code}\nexport {};\n`);
      return file;
    });
    const checked = ts.createProgram(files, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, strict: true, noEmit: true, skipLibCheck: true, types: ['node'] });
    assert.deepEqual(ts.getPreEmitDiagnostics(checked).map(({ messageText, file }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`), []);
  });

  it('the SessionManager: creates, moves, counts and lists', async () => {
    const stdout = await run('manager', `${manager}\nconsole.log(JSON.stringify(sessions.map(({ sessionId, state, usage }) => ({ sessionId, state, tokens: usage.tokensIn, calls: usage.apiCalls }))), session.state);\n`);
    assert.equal(stdout, `${JSON.stringify([{ sessionId: 'session-001', state: 'running', tokens: 1000, calls: 5 }])} created\n`);
  });

  it('the runner: starts, hears, creates a session of the real Codex in a worktree, and it is completed', async function () {
    needs(this, 'tmux', 'git');
    const clis = needsAgentClis(this);
    let made: string | undefined;
    try {
      made = mkdirSync('/var/lib/ai-agent-runner/workspaces', { recursive: true, mode: 0o700 });
    } catch {
      needsThat(this, false, "the document's folder /var/lib/ai-agent-runner cannot be made by this user.");
    }
    const tmux = makeTmuxHome();
    const stub = await startModelStub();
    const home = cliHome('codex', { stubUrl: stub.url, workspace: tmux.directory });
    try {
      // The key under a name that is Codex's own: nothing else reaches the agent.
      const settings = join(home.home, '.codex', 'config.toml');
      writeFileSync(settings, readFileSync(settings, 'utf8').replaceAll('STUB_KEY', 'OPENAI_API_KEY'));
      const { STUB_KEY: key = '', ...env } = home.env;
      const stdout = await run('program', program, { ...process.env, ...env, OPENAI_API_KEY: key, PATH: clis.path, GIT_CONFIG_GLOBAL: gitConfig(tmux.directory) });
      assert.match(stdout, /^Session unique-session-id started$/m);
      assert.match(stdout, /^Session unique-session-id completed$/m);
      const told: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
      assert.deepEqual(told, { id: 'unique-session-id', state: 'completed', reason: 'Its turn is over.', workspace: '/var/lib/ai-agent-runner/workspaces/unique-session-id', adapter: 'claude_code', detected: 'boolean', registered: [] });
      assert.ok(stub.requests.some((request) => JSON.stringify(request).includes('Implement user authentication')));
    } finally {
      await stub.dispose();
      home.dispose();
      tmux.end();
      if (made !== undefined) rmSync(made, { recursive: true, force: true });
      else rmSync('/var/lib/ai-agent-runner/workspaces/unique-session-id', { recursive: true, force: true });
    }
  });
});

/** A configuration by which the document's repository is one of this machine. */
function gitConfig(directory: string): string {
  const work = join(directory, 'work');
  execFileSync('git', ['init', '-q', '-b', 'main', work]);
  writeFileSync(join(work, 'readme.txt'), 'example\n');
  execFileSync('git', ['-C', work, 'add', '.']);
  execFileSync('git', ['-C', work, '-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '-q', '-m', 'first']);
  execFileSync('git', ['clone', '-q', '--bare', work, join(directory, 'repo.git')]);
  const file = join(directory, 'gitconfig');
  writeFileSync(file, `[url "${directory}/repo"]\n\tinsteadOf = https://github.com/example/repo\n[safe]\n\tdirectory = *\n`);
  return file;
}
