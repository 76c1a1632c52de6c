// The TypeScript of the runtimes' document, taken from it as it stands and run against the built package's `tmux-agents/runtimes`.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import ts from 'typescript';
import { needs, needsThat } from '../../support/requirements.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const document = readFileSync(join(root, 'test', 'fixtures', 'documents', 'agent-runtimes.md'), 'utf8');

/** The TypeScript blocks below a heading, up to the next heading of the same or a higher level. */
function snippets(heading: string): string[] {
  const level = heading.split(' ', 1)[0]?.length ?? 1;
  const [, after = ''] = document.split(`\n${heading}\n`);
  const section = after.split(new RegExp(`\n#{1,${level}} `), 1)[0] ?? '';
  return [...section.matchAll(/```typescript\n([\s\S]*?)```/g)].map(([, code = '']) => code);
}

/** What the document's reader has in scope, and what this test wants to know in the end. */
const imports = "import { AIProvider, TmuxService, type AgentConfig, type AgentHandle, type AgentInfo, type AgentRuntime } from './runtimes';\n";
const report = '\nconsole.log(JSON.stringify({ output, attach: [...attachCmd], line: String(attachCmd), left: await manager.listAllAgents() }));\nmanager.dispose();\n';

function usage(): string {
  const parts = ['### Basic Setup', '### Spawn an Agent', '### Interact with Agent', '### List and Kill Agents'].map((heading) => snippets(heading)[0]);
  assert(parts.every((part) => part !== undefined), 'the document has lost a snippet');
  return imports + parts.join('\n') + report;
}

function imageHas(program: string): boolean {
  return spawnSync('docker', ['run', '--rm', '--network', 'none', 'tmux-agents-base:latest', 'sh', '-c', 'command -v "$0"', program], { timeout: 30_000 }).status === 0;
}

describe("the document's snippets", function () {
  this.timeout(120_000);
  let folder: string;
  /** The uppermost folder of the document's /path/to/project that was not there before. */
  let projectMade: string | undefined;

  before(() => {
    assert(existsSync(join(root, 'dist', 'public', 'runtimes.mjs')), 'the package is not built: run npm run build');
    // Below the package, so that `tmux-agents/runtimes` resolves to it, as `./runtimes` does for the document's reader.
    mkdirSync(join(root, 'test-output'), { recursive: true });
    folder = mkdtempSync(join(root, 'test-output', 'snippets-'));
    writeFileSync(join(folder, 'runtimes.ts'), "export * from 'tmux-agents/runtimes';\n");
  });

  after(() => {
    for (const made of [folder, projectMade]) if (made !== undefined) rmSync(made, { recursive: true, force: true });
  });

  async function run(code: string): Promise<string> {
    const file = join(folder, 'program.mjs');
    const { code: script } = transformSync(code.replaceAll("'./runtimes'", "'tmux-agents/runtimes'"), { loader: 'ts', format: 'esm' });
    writeFileSync(file, script);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 90_000 });
    return stdout;
  }

  it('type-check against the published types', () => {
    const file = join(folder, 'usage.ts');
    writeFileSync(file, usage());
    const program = ts.createProgram([file], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    });
    const faults = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    assert.deepEqual(faults, []);
  });

  it('set up, spawn, interact, list and kill, on a real engine', async function () {
    needs(this, 'docker', 'image');
    try {
      projectMade = mkdirSync('/path/to/project', { recursive: true });
    } catch {
      needsThat(this, false, 'the folder /path/to/project of the document cannot be made by this user');
    }
    const stdout = await run(usage());
    assert.match(stdout, /^Agent spawned: agent-123$/m);
    // Without the CLI in the image the agent says so instead of running; CI's image has it.
    const expected = imageHas('claude') || process.env['REQUIRE_ALL'] === '1' ? 'running' : 'failed';
    assert.match(stdout, new RegExp(`^agent-123: ${expected}$`, 'm'));
    const told: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    assert(typeof told === 'object' && told !== null && 'attach' in told && 'line' in told && 'left' in told && 'output' in told);
    assert(Array.isArray(told.attach));
    assert.match(String(told.line), /^docker exec -it [0-9a-f]+ tmux attach -t '=agent'$/);
    assert.deepEqual(told.attach.slice(0, 3), ['docker', 'exec', '-it']);
    assert.equal(typeof told.output, 'string');
    assert(Array.isArray(told.left) && told.left.every((agent: { agentId: string }) => agent.agentId !== 'agent-123'));
    assert.equal(execFileSync('docker', ['ps', '-aq', '--filter', 'label=tmux-agents.agent-id=agent-123'], { encoding: 'utf8' }), '');
  });

  it('add a runtime', async () => {
    const [example] = snippets('### Adding a New Runtime');
    assert(example);
    const tail = `
import { RuntimeManager } from './runtimes';
const manager = new RuntimeManager();
manager.register('mine', new MyRuntime());
const handle = await manager.spawnAgent('mine', { agentId: 'agent-7', aiProvider: 'custom', workingDirectory: '/', argv: ['true'] });
await manager.ping('mine');
await manager.killAgent(handle);
console.log(JSON.stringify(handle));
`;
    const handle: unknown = JSON.parse(await run(imports + example + tail));
    assert.deepEqual(handle, { runtimeType: 'my-runtime', agentId: 'agent-7', data: {}, runtimeId: 'mine' });
  });
});
