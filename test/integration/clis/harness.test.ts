// The harness of all tests with real CLIs: each starts in its throw-away home without a question, and talks to the stand-in model.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cliHome, needsAgentClis, type AgentClis, type CliName } from '../../support/agentClis.ts';
import { startModelStub, type ModelStub } from '../../support/modelStub.ts';
import { REPLY } from '../../support/modelPlan.ts';

const PROMPT = 'say "hello"\nin two lines: ü 漢';

/** One prompt without a terminal, and what the CLI makes of the text on its way (opencode quotes what has spaces). */
const headless: Readonly<Record<CliName, { readonly argv: readonly string[]; readonly sent?: string }>> = {
  claude: { argv: ['-p', PROMPT] },
  codex: { argv: ['exec', '--skip-git-repo-check', PROMPT] },
  gemini: { argv: ['-p', PROMPT] },
  opencode: { argv: ['run', PROMPT], sent: `"${PROMPT.replaceAll('"', '\\"')}"` },
  copilot: { argv: ['-p', PROMPT] },
  qwen: { argv: ['-p', PROMPT] },
  pi: { argv: ['-p', PROMPT] },
};

describe('real CLIs and the stand-in model', function () {
  this.timeout(90_000);
  let clis: AgentClis;
  let stub: ModelStub;
  let workspace: string;

  before(async function () {
    clis = needsAgentClis(this);
    stub = await startModelStub();
    workspace = mkdtempSync(join(tmpdir(), 'ta-workspace-'));
  });

  after(async () => {
    await stub?.dispose();
    if (workspace !== undefined) rmSync(workspace, { recursive: true, force: true });
  });

  for (const [name, { argv, sent = PROMPT }] of Object.entries(headless) as [CliName, (typeof headless)[CliName]][]) {
    it(`${name} sends the prompt and prints the answer`, async () => {
      const own = cliHome(name, { stubUrl: stub.url, workspace });
      const before = stub.requests.length;
      try {
        const running = promisify(execFile)(clis.of(name), argv, { cwd: workspace, env: { ...process.env, ...own.env, PATH: clis.path }, timeout: 80_000 });
        running.child.stdin?.end();
        const { stdout } = await running;
        assert.match(stdout, new RegExp(REPLY));
      } finally {
        own.dispose();
      }
      const asked = stub.requests.slice(before).find(({ tools, userText }) => tools.length > 0 && userText === sent);
      assert.ok(asked, `the model never got the text; it got ${JSON.stringify(stub.requests.slice(before).map(({ userText }) => userText))}`);
    });
  }
});
