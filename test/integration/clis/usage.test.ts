// Tokens and calls of the real CLIs, each by its own word: as many as the stand-in model told them.
import assert from 'node:assert/strict';
import { opencodeServerOf } from '../../../src/providers/status/opencodeDoor.ts';
import { agentTokens } from '../../../src/sessions/usage/agentTokens.ts';
import type { TokenUsage } from '../../../src/sessions/usage/transcript.ts';
import { pause } from '../../../src/base/wait.ts';
import { needsAgentClis, type AgentClis } from '../../support/agentClis.ts';
import { CliWorld } from '../../support/cliWorld.ts';
import { needs } from '../../support/requirements.ts';

const START_MS = 60_000;

/** What the stand-in model says of each call. */
const perCall = { claude: { in: 10, out: 20 }, codex: { in: 10, out: 5 }, gemini: { in: 10, out: 5 }, opencode: { in: 10, out: 5 } };

describe('the tokens of real agents', function () {
  this.timeout(300_000);
  let clis: AgentClis;
  let world: CliWorld | undefined;

  before(function () {
    needs(this, 'tmux');
    clis = needsAgentClis(this);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') process.stderr.write(`${(await world?.report()) ?? ''}\n`);
    await world?.dispose();
    world = undefined;
  });

  for (const provider of ['claude', 'codex', 'gemini', 'opencode'] as const) {
    it(`of ${provider} are known, and grow with its work`, async () => {
      const here = (world = await CliWorld.open(provider, 'local', clis));
      const look = agentTokens({
        provider,
        env: here.env,
        conversations: () => here.managed.conversations.get(here.handle.agentId)?.conversations.map(({ id }) => id) ?? [],
        opencode: () => opencodeServerOf(here.managed.manager, here.agent),
      });
      assert.ok(look);
      const calls = async (atLeast: number): Promise<TokenUsage> => {
        const deadline = Date.now() + 60_000;
        for (;;) {
          // A CLI at work may not answer in time: it is asked again.
          const usage = await look().catch(() => undefined);
          if (usage !== undefined && usage.apiCalls >= atLeast) return usage;
          assert.ok(Date.now() < deadline, `${atLeast} calls were expected: ${JSON.stringify(usage)}`);
          // CLIs write their logs when they like, and tell nobody.
          await pause(200);
        }
      };
      await here.spawn();
      await here.until('idle', undefined, START_MS);
      await here.prompt('Say hello');
      await here.until('idle');
      const first = await calls(1);
      await here.prompt('And once more');
      await here.until('idle');
      const second = await calls(first.apiCalls + 1);
      for (const usage of [first, second]) {
        assert.deepEqual([usage.tokensIn, usage.tokensOut], [usage.apiCalls * perCall[provider].in, usage.apiCalls * perCall[provider].out]);
        assert.equal(usage.costUsd, undefined, 'no price is known for the stand-in model');
      }
    });
  }
});
