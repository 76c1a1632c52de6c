// A fleet as a person would have one: three runners, agents in every state, tasks, and one agent with a whole day behind it. For tests of the page, and its pictures.
import type { RunnerEventBody } from '../../src/protocol/runnerEvent.ts';
import { ScriptedRunner } from './scriptedRunner.ts';

export interface ExampleFleet {
  readonly forge: ScriptedRunner;
  readonly laptop: ScriptedRunner;
  readonly dispose: () => void;
}

const MINUTE = 60_000;

export const EXAMPLE_DIFF = `diff --git a/src/limits/tokenBucket.ts b/src/limits/tokenBucket.ts
new file mode 100644
index 0000000..7f1c2aa
--- /dev/null
+++ b/src/limits/tokenBucket.ts
@@ -0,0 +1,14 @@
+// A bucket of tokens that fills again by the clock.
+export class TokenBucket {
+  readonly #size: number;
+  #tokens: number;
+
+  constructor(size: number) {
+    this.#size = size;
+    this.#tokens = size;
+  }
+
+  take(): boolean {
+    return this.#tokens > 0 && this.#tokens-- > 0;
+  }
+}
diff --git a/src/server/routes.ts b/src/server/routes.ts
index 2b1de0f..c0ffee1 100644
--- a/src/server/routes.ts
+++ b/src/server/routes.ts
@@ -12,5 +12,7 @@ export function routes(app: App): void {
   app.get('/health', health);
   app.get('/items', listItems);
-  app.post('/items', addItem);
+  const writes = new TokenBucket(20);
+  app.use('/items', limitBy(writes));
+  app.post('/items', addItem);
   app.delete('/items/:id', removeItem);
 }
diff --git a/docs/old-limits.md b/docs/old-limits.md
deleted file mode 100644
index 1111111..0000000
--- a/docs/old-limits.md
+++ /dev/null
@@ -1,2 +0,0 @@
-# Limits
-There are none.
`;

export const EXAMPLE_SCREEN = [
  '\u001b[1m\u001b[35m✻\u001b[0m \u001b[1mWelcome to the agent\u001b[0m',
  '',
  '\u001b[2m>\u001b[0m Limit how often items may be written, and test it',
  '',
  '\u001b[32m●\u001b[0m I will add a token bucket and use it for writes.',
  '',
  '\u001b[32m●\u001b[0m \u001b[1mWrite\u001b[0m(src/limits/tokenBucket.ts)',
  '  \u001b[2m└  Wrote 14 lines\u001b[0m',
  '',
  '\u001b[32m●\u001b[0m \u001b[1mUpdate\u001b[0m(src/server/routes.ts)',
  '  \u001b[2m└  3 additions, 1 removal\u001b[0m',
  '',
  '\u001b[33m●\u001b[0m \u001b[1mBash\u001b[0m(npm test -- --grep limits)',
  '  \u001b[2m└\u001b[0m  \u001b[32m✔\u001b[0m takes as many as it holds',
  '     \u001b[32m✔\u001b[0m fills again by the clock',
  '     \u001b[31m✘\u001b[0m refuses the twenty-first write',
  '',
  '\u001b[36m✶\u001b[0m Looking at the failing test… \u001b[2m(34 s · 12.4k tokens)\u001b[0m',
  '',
].join('\r\n');

/** `userToken`: of whoever the runners are to belong to. */
export async function exampleFleet(url: string, userToken: string): Promise<ExampleFleet> {
  const now = Date.now();
  const forge = await ScriptedRunner.start({ url, userToken, name: 'forge', hostname: 'forge.example.net', capabilities: ['docker', 'gpu', 'node-22'], maxAgents: 8 });
  const laptop = await ScriptedRunner.start({ url, userToken, name: 'ada-laptop', hostname: 'ada-laptop', capabilities: ['node-22', 'macos'], maxAgents: 4 });
  const attic = await ScriptedRunner.start({ url, userToken, name: 'attic', hostname: 'attic.example.net', capabilities: ['docker'], maxAgents: 2 });

  const queued = [{ id: 'q1', text: 'Then write a line about it in the changelog.', at: now - 2 * MINUTE }];
  forge.answer = ({ request: { method } }) => (method === 'diff' ? { diff: EXAMPLE_DIFF, cut: false } : method === 'queue' ? queued : null);
  forge.share('rate-limits', { title: 'Limit how often items may be written, and test it', branch: 'agents/rate-limits', workspace: '/srv/work/shop-api/rate-limits', runtime_id: 'docker', queued_prompts: 1, created_at: now - 47 * MINUTE, status_since: now - 3 * MINUTE });
  forge.print('rate-limits', EXAMPLE_SCREEN);
  forge.tell('rate-limits', day(now));

  forge.share('deploy-docs', { provider_id: 'codex', title: 'Publish the documentation', branch: 'agents/deploy-docs', created_at: now - 30 * MINUTE });
  forge.asks('deploy-docs', { text: 'Run a command that sends data to another machine', command: 'rsync -az --delete ./site/ docs@web.example.net:/var/www/docs/', risk: 'high', category: 'deploy', since: now - 6 * MINUTE });
  laptop.share('dep-updates', { title: 'Bring the dependencies up to date', branch: 'agents/dep-updates', created_at: now - 20 * MINUTE });
  laptop.asks('dep-updates', { text: 'Add the package zod to the project', command: 'npm install zod@4', path: '/home/ada/shop-web/package.json', risk: 'med', category: 'deps_add', since: now - 2 * MINUTE });
  laptop.share('search-box', { provider_id: 'gemini', title: 'A search box for the list of items', created_at: now - 15 * MINUTE });
  laptop.asks('search-box', { kind: 'question', text: 'Should the search also look into items that are archived?', since: now - MINUTE });

  forge.share('flaky-login', { provider_id: 'codex', title: 'Find out why the login test fails at times', status_since: now - 8 * MINUTE, created_at: now - 50 * MINUTE });
  forge.share('thumbnails', { provider_id: 'opencode', title: 'Make thumbnails while pictures are uploaded', status_since: now - 40_000, created_at: now - 5 * MINUTE });
  laptop.share('form-labels', { title: 'Label every field of the checkout form', status: { state: 'idle' }, status_since: now - 25 * MINUTE, created_at: now - 90 * MINUTE });
  forge.share('import-csv', { provider_id: 'aider', title: 'Read items out of CSV files', status: { state: 'error', message: 'The model is overloaded: try again later.' }, status_since: now - 12 * MINUTE, created_at: now - 60 * MINUTE });
  attic.share('old-cache', { provider_id: 'goose', title: 'Take the old cache out', status_since: now - 4 * 60 * MINUTE, created_at: now - 5 * 60 * MINUTE });
  forge.share('typo-fixes', { title: 'Correct spelling in the README', state: 'COMPLETED', status: { state: 'exited', exitCode: 0 }, status_since: now - 130 * MINUTE, created_at: now - 140 * MINUTE, ended_at: now - 130 * MINUTE, exit_code: 0, terminal: false });
  attic.drop();
  return {
    forge,
    laptop,
    dispose: () => {
      for (const runner of [forge, laptop, attic]) runner.drop();
    },
  };
}

/** The events of an agent that has worked for three quarters of an hour. */
function day(now: number): (RunnerEventBody & { readonly ts: number })[] {
  const begin = now - 47 * MINUTE;
  const at = (minutes: number): number => begin + minutes * MINUTE;
  const forwarded = (minutes: number, providerEvent: Record<string, unknown>): RunnerEventBody & { readonly ts: number } => ({ ts: at(minutes), type: 'PROVIDER_EVENT_FORWARDED', providerEvent });
  const approval = { approvalId: 'a1', sessionId: 'rate-limits', category: 'shell' as const, summary: 'Run npm test -- --grep limits', risk: 'low' as const, requestedAt: at(18), context: { command: 'npm test -- --grep limits' } };
  const ticks = Array.from({ length: 40 }, (_, index): RunnerEventBody & { readonly ts: number } => ({
    ts: at(7 + index),
    type: 'USAGE_TICK',
    providerId: 'claude',
    intervalMs: MINUTE,
    units: { agentSeconds: 60 * (7 + index), terminalKb: 40 + index, filesTouched: 3, commandsRun: 6, approvalsRequested: 1, tokensIn: 41_000 + 2900 * index, tokensOut: 6200 + 310 * index, costUsd: 0.21 + 0.019 * index, cpuPercent: 12 + 60 * Math.abs(Math.sin(index / 3)), memoryBytes: 310e6 + 4e6 * index, diskBytes: 88e6, pids: 9 },
  }));
  return [
    { ts: at(0), type: 'SESSION_STARTED', providerId: 'claude', providerVersion: '2.1.0', workspacePath: '/srv/work/shop-api/rate-limits' },
    forwarded(0, { kind: 'agent', name: 'rate-limits', runtimeId: 'docker', task: 'Limit how often items may be written, and test it', createdAt: new Date(begin).toISOString(), recording: true }),
    forwarded(0, { kind: 'prompt', text: 'Limit how often items may be written, and test it.\nTwenty writes a minute for each person are enough.', from: 'task' }),
    forwarded(0.1, { kind: 'status', status: { state: 'working' }, source: 'hooks' }),
    { ts: at(4), type: 'FILE_TOUCHED', path: 'src/limits/tokenBucket.ts', reason: 'write' },
    { ts: at(4.5), type: 'FILE_TOUCHED', path: 'src/server/routes.ts', reason: 'write' },
    { ts: at(18), type: 'APPROVAL_REQUESTED', approval },
    { ts: at(19), type: 'APPROVAL_RESOLVED', approvalId: 'a1', decision: 'allow', resolvedBy: 'ada' },
    { ts: at(19.2), type: 'TEST_RUN_STARTED', command: 'npm test -- --grep limits' },
    { ts: at(21), type: 'TEST_RUN_FINISHED', exitCode: 1, passed: 2, failed: 1, skipped: 0, duration: 105_000 },
    forwarded(30, { kind: 'commit', sha: '9f3c1ab2d4e5', subject: 'A token bucket for writes', action: 'commit' }),
    forwarded(38, { kind: 'prompt', text: 'The limit holds for each person, not for all of them together.', from: 'queue', id: 'q0' }),
    { ts: at(45), type: 'DIFF_SUMMARY', filesChanged: 3, linesAdded: 17, linesRemoved: 3, files: [{ path: 'src/limits/tokenBucket.ts', status: 'added', additions: 14, deletions: 0 }, { path: 'src/server/routes.ts', status: 'modified', additions: 3, deletions: 1 }, { path: 'docs/old-limits.md', status: 'deleted', additions: 0, deletions: 2 }] },
    ...ticks,
  ];
}

/** Two that are queued and one that runs. */
export async function exampleTasks(url: string, userToken: string): Promise<void> {
  const tasks = [
    { title: 'Answer the reviewers of the checkout', prompt: 'Go through the comments on pull request 311 and answer each with a change or a reason.', project_id: 'shop-web' },
    { title: 'Train the size model anew', prompt: 'Train the model on the data of this quarter and compare it with the last one.', project_id: 'sizes', required_capabilities: ['gpu', 'cuda-13'] },
    { title: 'Render the demo', prompt: 'Render the demo film in 4k.', project_id: 'films', required_capabilities: ['blender'], max_attempts: 1 },
  ];
  for (const task of tasks) {
    const answer = await fetch(`${url}/api/tasks`, { method: 'POST', headers: { authorization: `Bearer ${userToken}`, 'content-type': 'application/json' }, body: JSON.stringify(task) });
    if (!answer.ok) throw new Error(`The task was not taken: ${await answer.text()}`);
  }
}
