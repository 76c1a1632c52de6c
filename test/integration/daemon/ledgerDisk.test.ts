// A disk that is full under the ledger of tasks: nothing is taken that could not be written down, and nothing that was is lost.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { TaskRecord } from '../../../src/protocol/taskRecord.ts';
import { TaskLedger } from '../../../src/runner/daemon/tasks/taskLedger.ts';
import { needsSmallDisk, type SmallDisk } from '../../support/smallDisk.ts';

const record = (taskId: string): TaskRecord => ({ v: 1, taskId, agentId: 'a', earlierAgents: [], config: { prompt: 'x' }, sessionId: taskId, state: 'accepted', acceptedAt: 1 });

describe('the ledger of tasks on a full disk', function () {
  let disk: SmallDisk | undefined;
  afterEach(() => disk?.dispose());

  it('refuses what it cannot keep, and goes on once there is room', async function () {
    disk = needsSmallDisk(this);
    const path = join(disk.folder, 'tasks.jsonl');
    const ledger = await TaskLedger.open(path, { log: silentLog });
    await ledger.put(record('before'));
    const full = disk.fill();
    const long = { ...record('long'), config: { prompt: 'x'.repeat(50_000) } };
    await assert.rejects(ledger.put(long), (error) => isAgentsError(error, 'disk-full'));
    assert.equal(ledger.get('long'), undefined);
    full.dispose();
    await ledger.put(record('after'));
    await ledger.close();
    const again = await TaskLedger.open(path, { log: { ...silentLog, error: (message) => assert.fail(message) } });
    assert.deepEqual(again.list().map(({ taskId }) => taskId), ['before', 'after']);
    await again.close();
  });
});
