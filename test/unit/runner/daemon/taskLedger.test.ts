// The ledger of tasks on a real disk: what was put is there after any end, and damaged lines cost nothing else.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../../src/base/log.ts';
import type { TaskRecord } from '../../../../src/protocol/taskRecord.ts';
import { deliveredRecord, ledgerPath, TaskLedger } from '../../../../src/runner/daemon/tasks/taskLedger.ts';

const record = (taskId: string, more: Partial<TaskRecord> = {}): TaskRecord => ({ v: 1, taskId, agentId: `a-${taskId}`, earlierAgents: [], config: { prompt: 'do it' }, sessionId: `s-${taskId}`, state: 'accepted', acceptedAt: 1, ...more });

describe('the ledger of tasks', () => {
  let folder: string;
  let path: string;
  const open: TaskLedger[] = [];
  const ledger = async (more: { readonly now?: () => number; readonly errors?: string[] } = {}): Promise<TaskLedger> => {
    const opened = await TaskLedger.open(path, { log: { ...silentLog, error: (message) => void more.errors?.push(message) }, ...(more.now === undefined ? {} : { now: more.now }) });
    open.push(opened);
    return opened;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-ledger-'));
    path = ledgerPath(join(folder, 'state'), 'r/../1');
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lies in its folder, whatever the id of the runner, for its user alone', async () => {
    await ledger();
    assert.ok(path.startsWith(join(folder, 'state', 'tasks-')));
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('has what was put, the last of each, also for the next process', async () => {
    const first = await ledger();
    await Promise.all([first.put(record('1')), first.put(record('2', { acceptedAt: 0 })), first.put(record('1', { state: 'running' }))]);
    // No close: a process that is killed does not, either.
    const second = await ledger();
    assert.deepEqual(second.list().map(({ taskId, state }) => [taskId, state]), [['2', 'accepted'], ['1', 'running']]);
    assert.equal(readFileSync(path, 'utf8').split('\n').length, 3, 'it was tidied up');
    await second.put(record('3'));
    assert.equal((await ledger()).list().length, 3);
  });

  it('names damaged lines, keeps them aside, and has all others', async () => {
    const first = await ledger();
    await first.put(record('1'));
    appendFileSync(path, 'not json\n{"v":1,"taskId":"x"}\n');
    appendFileSync(path, `${JSON.stringify(record('2'))}\n${JSON.stringify(record('3')).slice(0, 40)}`);
    const errors: string[] = [];
    const second = await ledger({ errors });
    assert.deepEqual(second.list().map(({ taskId }) => taskId), ['1', '2']);
    assert.equal(errors.length, 3);
    assert.match(errors[0] ?? '', /^Line 2 of /);
    assert.equal(readFileSync(`${path}.damaged`, 'utf8').split('\n').length, 4);
    await second.put(record('4'));
    assert.deepEqual((await ledger()).list().map(({ taskId }) => taskId), ['1', '2', '4']);
  });

  it('forgets delivered tasks after thirty days, and no others', async () => {
    const day = 24 * 60 * 60 * 1000;
    const first = await ledger({ now: () => 0 });
    await first.put(deliveredRecord(record('old', { state: 'finished', result: { status: 'completed', stdout: 'x'.repeat(10_000) } }), 1));
    await first.put(record('waits', { state: 'finished', result: { status: 'completed' } }));
    assert.equal((await ledger({ now: () => 29 * day })).get('old')?.result?.stdout?.length, 4_000);
    const later = await ledger({ now: () => 31 * day });
    assert.equal(later.get('old'), undefined);
    assert.equal(later.get('waits')?.state, 'finished');
  });

  it('does not grow without end', async () => {
    const first = await ledger();
    const stdout = 'x'.repeat(300_000);
    for (let number = 0; number < 40; number++) await first.put(record('1', { state: 'finished', result: { status: 'completed', stdout } }));
    assert.ok(statSync(path).size < 5 * 1024 * 1024);
    assert.equal((await ledger()).get('1')?.result?.stdout?.length, 300_000);
  });

  it('refuses to be anything else than a file', async () => {
    writeFileSync(join(folder, 'state'), '');
    await assert.rejects(ledger(), /cannot be written/);
  });
});
