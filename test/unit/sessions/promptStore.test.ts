// Queues on disk: shared by processes, replaced whole, never mixed up between agents; and the lock that goes with its holder.
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { withProcessLock } from '../../../src/base/processLock.ts';
import { addPrompt, newPrompt, type PromptQueue } from '../../../src/sessions/prompts/promptQueue.ts';
import { PromptStore } from '../../../src/sessions/prompts/promptStore.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

const writer = new URL('../../support/promptWriter.ts', import.meta.url);
const add = (text: string) => (queue: PromptQueue): PromptQueue => addPrompt(queue, newPrompt(text, { kind: 'text', now: 1 }));

function openable(): [Promise<void>, () => void] {
  let open = (): void => undefined;
  return [new Promise<void>((resolve) => (open = resolve)), () => open()];
}

describe('queues of prompts on disk', function () {
  this.timeout(20_000);
  let folder: string;
  let store: PromptStore;
  const children: ChildProcess[] = [];
  const agent = exampleAgent();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
    store = new PromptStore(folder);
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function start(...args: string[]): ChildProcess {
    const child = fork(writer, [folder, ...args], { execArgv: [], silent: true });
    children.push(child);
    return child;
  }

  const texts = (): string[] => store.read(agent).prompts.map(({ text }) => text);

  it('are kept for the next face, for the person alone', async () => {
    await store.update(agent, add('first\nline 🙂'));
    assert.deepEqual(new PromptStore(folder).read(agent).prompts.map(({ text }) => text), ['first\nline 🙂']);
    const [file = ''] = readdirSync(folder);
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.tmp')), []);
  });

  it('belong to one agent: not to another runtime\'s of the same id, and not to a later one', async () => {
    await store.update(agent, add('mine'));
    assert.deepEqual(store.read(exampleAgent({ runtimeId: 'docker' })).prompts, []);
    assert.deepEqual(store.read(exampleAgent({ createdAt: '2026-02-02T00:00:00Z' })).prompts, []);
    assert.equal(store.read(agent).prompts.length, 1);
  });

  it('are not overwritten when the file is damaged', async () => {
    await store.update(agent, add('x'));
    const path = join(folder, readdirSync(folder)[0] ?? '');
    writeFileSync(path, '{"v":1');
    assert.throws(() => store.read(agent), (error) => isAgentsError(error, 'bad-input') && error.message.includes(path));
    await assert.rejects(store.update(agent, add('y')), (error) => isAgentsError(error, 'bad-input'));
    assert.equal(readFileSync(path, 'utf8'), '{"v":1');
  });

  it('lose nothing when several processes add at the same time', async () => {
    const ended = [start('add', '25', 'a'), start('add', '25', 'b')].map((child) => once(child, 'exit'));
    for (let index = 0; index < 25; index++) await store.update(agent, add(`c${index}`));
    assert.deepEqual((await Promise.all(ended)).map(([code]) => code as number), [0, 0]);
    assert.equal(texts().length, 75);
    assert.equal(new Set(texts()).size, 75);
  });

  it('have one writer at a time, and the next one as soon as a process dies', async () => {
    const holder = start('hold');
    await once(holder, 'message');
    await assert.rejects(withProcessLock(`${join(folder, 'a1@local.json')} writer`, () => Promise.resolve(), { timeoutMs: 200 }), (error) => isAgentsError(error, 'timeout'));
    const mine = store.asWriter(agent, () => Promise.resolve('mine'));
    holder.kill('SIGKILL');
    assert.equal(await mine, 'mine');
  });

  it('keep one process in order, too, and a cancelled wait takes nobody\'s turn', async () => {
    const order: string[] = [];
    const [held, release] = openable();
    const [working, begin] = openable();
    const first = store.asWriter(agent, () => (begin(), held));
    await working;
    const cancel = new AbortController();
    const second = store.asWriter(agent, () => Promise.resolve(order.push('second')), cancel.signal);
    const third = store.asWriter(agent, () => Promise.resolve(order.push('third')));
    cancel.abort();
    await assert.rejects(second, (error) => isAgentsError(error, 'cancelled'));
    release();
    await Promise.all([first, third]);
    assert.deepEqual(order, ['third']);
  });

  it('tell other faces of a change', async () => {
    let watch: { dispose(): void } | undefined;
    const told = new Promise<boolean>((resolve) => (watch = store.watch((isOf) => isOf(agent) && resolve(isOf(exampleAgent({ agentId: 'other' }))))));
    const child = start('add', '1', 'x');
    assert.equal(await told, false);
    watch?.dispose();
    await once(child, 'exit');
  });

  it('that nobody wrote to for a month are removed, but for prompts that wait for an agent that may still be there', async () => {
    const empty = (queue: PromptQueue): PromptQueue => ({ ...queue, prompts: [] });
    const then = Date.now() / 1_000 - 31 * 86_400;
    for (const [agentId, change] of [['empty', empty], ['gone', add('x')], ['lives', add('x')]] as const) {
      await store.update(exampleAgent({ agentId }), change);
      utimesSync(join(folder, `${agentId}@local.json`), then, then);
    }
    for (const [name, text] of [['damaged@local.json', '{"v":1'], ['half@local.json.7.tmp', '{']] as const) {
      writeFileSync(join(folder, name), text);
      utimesSync(join(folder, name), then, then);
    }
    await store.update(agent, add('y'));
    assert.equal(readdirSync(folder).length, 6, 'writing removes nothing');
    const asked: string[] = [];
    const isGone = ({ agentId }: PromptQueue): Promise<boolean> => (asked.push(agentId), Promise.resolve(agentId === 'gone'));
    await store.sweep(isGone);
    assert.deepEqual(readdirSync(folder).sort(), ['a1@local.json', 'damaged@local.json', 'lives@local.json']);
    assert.deepEqual(asked.sort(), ['gone', 'lives']);
    utimesSync(join(folder, 'a1@local.json'), then, then);
    await new PromptStore(folder).sweep(() => Promise.resolve(true));
    assert.ok(readdirSync(folder).includes('a1@local.json'), 'a process sweeps once');
  });
});
