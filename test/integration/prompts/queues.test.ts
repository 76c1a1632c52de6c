// Prompts to programs with bad habits, in real tmux: each arrives once, or its sender is told; drafts and dialogs are left alone; a crash doubles nothing.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAgentsError } from '../../../src/base/errors.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import { RuleBook } from '../../../src/providers/status/ruleBook.ts';
import type { StatusService } from '../../../src/providers/status/statusService.ts';
import { createStatusEngine } from '../../../src/runner/statusEngine.ts';
import { LocalRuntime } from '../../../src/runtimes/local/localRuntime.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { PromptQueues } from '../../../src/sessions/prompts/promptQueues.ts';
import { addPrompt, markPrompt, newPrompt } from '../../../src/sessions/prompts/promptQueue.ts';
import { PromptStore } from '../../../src/sessions/prompts/promptStore.ts';
import { agentWhen, fileWhen, screenWith } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';

const program = fileURLToPath(new URL('../../support/lineProgram.mjs', import.meta.url));

const rules = {
  provider: 'lines',
  regions: { footer: { after: '^---$' } },
  rules: [
    { id: 'ask', state: 'waiting', kind: 'permission', region: 'footer', all: ['^Allow (.+)\\?$', '^\\[y/n\\]$'] },
    { id: 'busy', state: 'working', region: 'footer', all: ['^\\* working$'] },
    { id: 'prompt', state: 'idle', region: 'footer', all: ['^>'] },
  ],
  input: [{ region: 'footer', line: '^>(?: (?<draft>.*))?$', first: true, more: '^  (?<draft>.*)$' }],
};

interface Habits {
  readonly draft?: string;
  /** Enters that it ignores. */
  readonly swallow?: number;
  readonly deaf?: boolean;
  readonly hidden?: boolean;
  readonly dialog?: boolean;
  readonly asksAfterPaste?: boolean;
  /** Works after each prompt until F5. */
  readonly work?: boolean;
}

type Happening = { readonly submitted?: string; readonly pasted?: string; readonly answered?: string; readonly enter?: true; readonly swallowed?: true };

describe('prompts to programs with bad habits', function () {
  this.timeout(60_000);
  let home: TmuxHome;
  let manager: RuntimeManager;
  let status: StatusService;
  let book: RuleBook;
  const faces: PromptQueues[] = [];
  let count = 0;

  before(function () {
    needs(this, 'tmux');
  });

  beforeEach(() => {
    home = makeTmuxHome();
    mkdirSync(join(home.directory, 'rules'));
    writeFileSync(join(home.directory, 'rules', 'lines.json'), JSON.stringify(rules));
    manager = new RuntimeManager();
    manager.register('local', new LocalRuntime());
    book = new RuleBook({ folder: join(home.directory, 'rules') });
    status = createStatusEngine({ manager, providers: createProviderRegistry({ lines: { argv: ['none'] } }), rules: book });
  });

  afterEach(() => {
    for (const face of faces.splice(0)) face.dispose();
    status.dispose();
    book.dispose();
    manager.dispose();
    home.end();
  });

  /** As another process would have one. */
  function face(): PromptQueues {
    const made = new PromptQueues({ manager, status, rulesOf: (provider) => book.rulesOf(provider) });
    faces.push(made);
    return made;
  }

  async function spawn(habits: Habits = {}, aiProvider = 'lines'): Promise<AgentInfo & { readonly log: string; happened(): Happening[] }> {
    const log = join(home.directory, `log-${++count}`);
    writeFileSync(log, '');
    const handle = await manager.spawnAgent('local', { agentId: `lines-${count}`, aiProvider, workingDirectory: home.directory, pausable: true, argv: [process.execPath, program, log, JSON.stringify(habits)] });
    const agent = await agentWhen(manager, handle.agentId, ({ status: is }) => is === 'running');
    await screenWith(manager, handle, '---');
    return { ...agent, log, happened: () => readFileSync(log, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Happening) };
  }

  async function press(agent: AgentInfo, ...keys: string[]): Promise<void> {
    await manager.getTmux(agent.handle).sendKeyNames(await manager.getPane(agent.handle), keys);
  }

  /** Resolves when the queue of the agent is held for that reason. */
  async function heldFor(queues: PromptQueues, agent: AgentInfo, reason: string): Promise<void> {
    const change = waitForEvent(queues.onDidChange, () => queues.queueOf(agent).held === reason, { timeoutMs: 15_000, what: `the queue to be held: ${reason}` });
    change.catch(() => undefined);
    if (queues.queueOf(agent).held !== reason) await change;
  }

  const submitted = (happened: Happening[]): string[] => happened.flatMap(({ submitted: text }) => text ?? []);

  it('arrive, once, and what showed it is told', async () => {
    const agent = await spawn();
    assert.match((await face().send(agent, 'do it\nplease')) ?? '', /.+/);
    assert.deepEqual(submitted(agent.happened()), ['do it\nplease']);
    assert.deepEqual(face().queueOf(agent).prompts, []);
  });

  it('get a second Enter where the first was swallowed, and are not pasted again', async () => {
    const agent = await spawn({ swallow: 1 });
    await face().send(agent, 'do it');
    assert.deepEqual(agent.happened(), [{ pasted: 'do it' }, { swallowed: true }, { submitted: 'do it' }]);
  });

  it('are reported where no turn begins: pasted once, two Enters, no more', async () => {
    const agent = await spawn({ deaf: true });
    const queues = face();
    await assert.rejects(queues.send(agent, 'do it'), (error) => isAgentsError(error, 'timeout') && /nothing shows that its turn began/.test(error.message));
    assert.deepEqual(agent.happened(), [{ pasted: 'do it' }, { enter: true }, { enter: true }]);
    assert.deepEqual(queues.queueOf(agent).prompts, [], 'its sender was told');
  });

  it('are reported, and not submitted, where the program does not show them', async () => {
    const agent = await spawn({ hidden: true });
    await assert.rejects(face().send(agent, 'do it'), (error) => isAgentsError(error, 'timeout') && /does not show it/.test(error.message));
    assert.deepEqual(agent.happened(), [{ pasted: 'do it' }]);
  });

  it('wait while the agent asks something: nothing is typed into its dialog', async () => {
    const agent = await spawn({ dialog: true });
    const queues = face();
    const sending = queues.send(agent, 'yes');
    await heldFor(queues, agent, 'waiting');
    assert.deepEqual(agent.happened(), []);
    await press(agent, 'y');
    await sending;
    assert.deepEqual(agent.happened(), [{ answered: 'y' }, { pasted: 'yes' }, { submitted: 'yes' }]);
  });

  it('are not submitted into a dialog that comes after the paste', async () => {
    const agent = await spawn({ asksAfterPaste: true });
    await assert.rejects(face().send(agent, 'yes'), (error) => isAgentsError(error) && /asked something while the prompt was put into its input line/.test(error.message));
    assert.deepEqual(agent.happened(), [{ pasted: 'yes' }]);
  });

  it('wait while the agent is paused by another face, and are given once it goes on', async () => {
    const agent = await spawn();
    // As another process has one.
    const elsewhere = new RuntimeManager();
    elsewhere.register('local', new LocalRuntime());
    try {
      await elsewhere.pauseAgent(agent.handle);
      assert.equal(await manager.isPaused(agent.handle), true);
      const queues = face();
      const sending = queues.send(agent, 'go on');
      await heldFor(queues, agent, 'paused');
      assert.deepEqual(agent.happened(), []);
      await elsewhere.resumeAgent(agent.handle);
      await sending;
      assert.deepEqual(agent.happened(), [{ pasted: 'go on' }, { submitted: 'go on' }]);
    } finally {
      elsewhere.dispose();
    }
  });

  it('that wait end with their face: whoever sent them is told', async () => {
    const agent = await spawn({ dialog: true });
    const queues = face();
    const sending = queues.send(agent, 'yes');
    await heldFor(queues, agent, 'waiting');
    queues.dispose();
    await assert.rejects(sending, (error) => isAgentsError(error, 'cancelled'));
    await assert.rejects(queues.send(agent, 'yes'), (error) => isAgentsError(error, 'cancelled'));
    assert.deepEqual(agent.happened(), []);
  });

  it("wait while somebody's draft is in the input line, and leave it as it is", async () => {
    const agent = await spawn({ draft: 'half a th' });
    const queues = face();
    const sending = queues.send(agent, 'do it');
    await heldFor(queues, agent, 'draft');
    assert.deepEqual(agent.happened(), []);
    await press(agent, 'F6');
    await sending;
    assert.deepEqual(agent.happened(), [{ pasted: 'do it' }, { submitted: 'do it' }]);
  });

  it('wait for the end of its work, in an order that can be changed, and can be taken out', async () => {
    const agent = await spawn({ work: true });
    const queues = face();
    queues.follow();
    await queues.send(agent, 'first');
    for (const text of ['second', 'third', 'fourth']) await queues.add(agent, text);
    await heldFor(queues, agent, 'busy');
    const [second, third, fourth] = queues.queueOf(agent).prompts;
    assert.ok(second && third && fourth);
    await queues.move(agent, fourth.id, 1);
    await queues.remove(agent, third.id);
    assert.deepEqual(queues.queueOf(agent).prompts.map(({ text }) => text), ['fourth', 'second']);
    assert.deepEqual(submitted(agent.happened()), ['first']);
    for (const text of ['"fourth"', '"second"']) {
      await press(agent, 'F5');
      await fileWhen(agent.log, (bytes) => bytes.includes(`"submitted":${text}`));
    }
    assert.deepEqual(submitted(agent.happened()), ['first', 'fourth', 'second']);
  });

  it('are given at once when that is wished for, though it works', async () => {
    const agent = await spawn({ work: true });
    const queues = face();
    await queues.send(agent, 'first');
    await queues.send(agent, 'now', { urgent: true });
    assert.deepEqual(submitted(agent.happened()), ['first', 'now']);
  });

  it('are left in the queue by who does not wait, and given by the next face', async () => {
    const agent = await spawn({ work: true });
    const one = face();
    await one.send(agent, 'first');
    assert.equal(await one.send(agent, 'later', { patient: false }), undefined);
    one.dispose();
    const other = face();
    assert.deepEqual(other.queueOf(agent).prompts.map(({ text, state }) => [text, state]), [['later', 'waiting']]);
    await press(agent, 'F5');
    await other.drain(agent);
    assert.deepEqual(submitted(agent.happened()), ['first', 'later']);
  });

  it('are taken back by who stops waiting', async () => {
    const agent = await spawn({ dialog: true });
    const queues = face();
    const cancel = new AbortController();
    const sending = queues.send(agent, 'never mind', { signal: cancel.signal });
    await heldFor(queues, agent, 'waiting');
    cancel.abort();
    await assert.rejects(sending, (error) => isAgentsError(error, 'cancelled'));
    assert.deepEqual(queues.queueOf(agent).prompts, []);
    assert.deepEqual(agent.happened(), []);
  });

  describe('of a face that ended in between', () => {
    /** As it lies on disk when a face ends at that moment. */
    async function leave(agent: AgentInfo, text: string, state: 'entering' | 'submitting'): Promise<void> {
      const prompt = newPrompt(text, { kind: 'text', now: Date.now() });
      await new PromptStore().update(agent, (queue) => markPrompt(addPrompt(queue, prompt), prompt.id, state, Date.now()));
    }

    for (const state of ['entering', 'submitting'] as const) {
      it(`are only submitted where they stand in the input line (${state})`, async () => {
        const agent = await spawn({ draft: 'do it please' });
        await leave(agent, 'do it please', state);
        await face().drain(agent);
        assert.deepEqual(agent.happened(), [{ submitted: 'do it please' }]);
      });
    }

    it('are given where they never came that far', async () => {
      const agent = await spawn();
      await leave(agent, 'do it please', 'entering');
      await face().drain(agent);
      assert.deepEqual(agent.happened(), [{ pasted: 'do it please' }, { submitted: 'do it please' }]);
    });

    it('are not sent again where they were submitted', async () => {
      const agent = await spawn();
      await leave(agent, 'do it please', 'submitting');
      const queues = face();
      await queues.drain(agent);
      assert.deepEqual(agent.happened(), []);
      assert.deepEqual(queues.queueOf(agent).prompts, []);
    });

    it('are neither lost nor sent again where nothing tells what happened', async () => {
      const agent = await spawn({}, 'custom');
      await leave(agent, 'do it please', 'submitting');
      const queues = face();
      await queues.drain(agent);
      const [left] = queues.queueOf(agent).prompts;
      assert.deepEqual([left?.text, left?.state], ['do it please', 'failed']);
      assert.match(left?.error ?? '', /cannot be told whether/);
      assert.deepEqual(agent.happened(), []);
    });
  });

  it('of two faces at the same time arrive each once, whole', async () => {
    const agent = await spawn();
    const texts = Array.from({ length: 8 }, (_, index) => `prompt ${index}\nwith ${'x'.repeat(500)}`);
    const [one, other] = [face(), face()];
    await Promise.all(texts.map((text, index) => (index % 2 === 0 ? one : other).send(agent, text)));
    assert.deepEqual(submitted(agent.happened()).sort(), texts);
  });

  it('reach a program that no rules tell of, as they always did', async () => {
    const agent = await spawn({}, 'custom');
    await face().send(agent, '/x !y\n z ');
    assert.deepEqual(agent.happened(), [{ pasted: '/x !y\n z ' }, { submitted: '/x !y\n z ' }]);
  });

  it('are given up when their agent is killed meanwhile', async () => {
    const agent = await spawn({ dialog: true });
    const queues = face();
    const sending = queues.send(agent, 'never');
    const given = assert.rejects(sending, (error) => isAgentsError(error, 'unsupported'));
    await heldFor(queues, agent, 'waiting');
    await manager.killAgent(agent.handle, { graceMs: 0 });
    await given;
    assert.deepEqual(agent.happened(), []);
  });

  it('are refused for an agent that has ended', async () => {
    const agent = await spawn();
    const ended = { ...agent, status: 'exited' as const, exitCode: 3 };
    await assert.rejects(face().send(ended, 'x'), (error) => isAgentsError(error, 'unsupported') && /exit 3/.test(error.message));
  });
});
