// A full disk: nobody hears of what is not in the file, it is said once, and all of it is told when there is room again.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError, type AgentsError } from '../../../src/base/errors.ts';
import { silentLog, type Log } from '../../../src/base/log.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { RunnerEvent } from '../../../src/protocol/runnerEvent.ts';
import { readJournal } from '../../../src/sessions/journal/readJournal.ts';
import { SessionJournal } from '../../../src/sessions/journal/sessionJournal.ts';
import { SessionManager } from '../../../src/sessions/sessionManager.ts';
import { castFrames } from '../../../src/sessions/recording/castFrames.ts';
import { CastRecorder } from '../../../src/sessions/recording/castRecorder.ts';
import { needsSmallDisk, type SmallDisk } from '../../support/smallDisk.ts';

const chunk = (number: number) => ({ type: 'TERMINAL_CHUNK', data: `${number} ${'x'.repeat(2_000)}`, stream: 'stdout' }) as const;

describe('a full disk', function () {
  this.timeout(60_000);
  let disk: SmallDisk | undefined;
  let filler: string;
  let said: string[];
  const log: Log = { ...silentLog, warn: (text) => void said.push(text), error: (text) => void said.push(text) };

  beforeEach(function () {
    disk = needsSmallDisk(this);
    filler = join(disk.folder, 'filler');
    said = [];
    writeFileSync(filler, Buffer.alloc(700_000));
  });
  afterEach(() => {
    disk?.dispose();
    disk = undefined;
  });

  const open = (waitingBytes?: number): Promise<SessionJournal> => SessionJournal.open(join(disk?.folder ?? '', 's'), { sessionId: 's', orgId: 'o', segmentBytes: 100_000, waitingBytes, log });

  async function numbers(): Promise<number[]> {
    const found: number[] = [];
    for await (const { seq } of readJournal(join(disk?.folder ?? '', 's'))) found.push(seq);
    return found;
  }

  const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

  /** Appends until the disk takes nothing any more. */
  async function fill(journal: SessionJournal): Promise<void> {
    for (let number = 1; journal.stalled === undefined; number++) {
      journal.append(chunk(number));
      await journal.flush().catch((error: unknown) => assert.ok(isAgentsError(error, 'disk-full'), String(error)));
      assert.ok(number < 1_000, 'the disk is never full');
    }
  }

  it('keeps events waiting, untold, and goes on without a gap when there is room', async () => {
    const journal = await open();
    const told: number[] = [];
    journal.onEvent(({ seq }: RunnerEvent) => void told.push(seq));
    const stalls: (AgentsError | undefined)[] = [];
    journal.onDidStall((fault) => void stalls.push(fault));
    await fill(journal);
    for (let number = 0; number < 20; number++) journal.append(chunk(number));
    await assert.rejects(journal.flush(), (error) => isAgentsError(error, 'disk-full'));
    assert.ok(told.length < journal.lastSeq);
    assert.deepEqual(await numbers(), told, 'what was told is in the file, and nothing else');
    assert.equal(said.length, 1);
    const over = waitForEvent(journal.onDidStall, (fault) => fault === undefined, { timeoutMs: 20_000, what: 'the journal to go on' });
    rmSync(filler);
    await over;
    await journal.flush();
    assert.deepEqual(told, upTo(journal.lastSeq));
    assert.deepEqual(await numbers(), told);
    assert.equal(stalls.length, 2);
    await journal.close();
  });

  it('refuses more when too much waits', async () => {
    const journal = await open(50_000);
    await fill(journal);
    let accepted = journal.lastSeq;
    assert.throws(() => {
      for (let number = 0; number < 100; number++) accepted = journal.append(chunk(number)).seq;
    }, (error) => isAgentsError(error, 'disk-full') && error.hint !== undefined);
    assert.equal(journal.lastSeq, accepted, 'what was refused has no number');
    rmSync(filler);
    await journal.flush();
    assert.deepEqual(await numbers(), upTo(accepted));
    await journal.close();
  });

  it('says at the end what was lost; the next life goes on behind what is there', async () => {
    const journal = await open();
    const told: number[] = [];
    journal.onEvent(({ seq }) => void told.push(seq));
    await fill(journal);
    await assert.rejects(journal.close(), (error) => isAgentsError(error, 'disk-full'));
    rmSync(filler);
    const next = await open();
    assert.equal(next.lastSeq, told.length);
    next.append(chunk(0));
    await next.close();
    assert.deepEqual(await numbers(), upTo(told.length + 1));
  });

  it('costs a recording its frames, and nothing else', async () => {
    const path = join(disk?.folder ?? '', 'terminal.cast');
    const recorder = new CastRecorder(path, { columns: 80, rows: 24, log });
    for (let number = 0; said.length === 0; number++) {
      recorder.write('y'.repeat(20_000));
      await recorder.flush();
      assert.ok(number < 1_000, 'the disk is never full');
    }
    rmSync(filler);
    recorder.write('and on it goes');
    await recorder.close();
    let last = '';
    for await (const frame of castFrames(path)) if (frame.kind === 'output') last = frame.data;
    assert.equal(last, 'and on it goes');
    assert.equal(said.length, 1);
  });

  it('keeps a managed session\'s last event until there is room, and no longer than the manager lives', async () => {
    const managed = (): SessionManager => new SessionManager({ journalFolder: join(disk?.folder ?? '', 'managed') });
    const manager = managed();
    const told: RunnerEvent[] = [];
    manager.on('event', (event) => void told.push(event));
    manager.createSession({ sessionId: 'a', orgId: 'o', providerId: 'demo' });
    manager.transitionState('a', 'running');
    for (let number = 1; await manager.flush().then(() => true, () => false); number++) {
      manager.addOutput('a', 'x'.repeat(20_000));
      assert.ok(number < 1_000, 'the disk is never full');
    }
    const end = new Promise<void>((resolve) => manager.on('event', ({ type }) => type === 'SESSION_ENDED' && resolve()));
    manager.endSession('a', { exitCode: 0 });
    assert.notEqual(told.at(-1)?.type, 'SESSION_ENDED');
    rmSync(filler);
    await end;
    assert.deepEqual(told.map(({ seq }) => seq), upTo(told.length));
    await manager.close();

    writeFileSync(filler, Buffer.alloc(10_000));
    const next = managed();
    next.createSession({ sessionId: 'b', orgId: 'o', providerId: 'demo' });
    next.transitionState('b', 'running');
    for (let number = 1; await next.flush().then(() => true, () => false); number++) {
      next.addOutput('b', 'x'.repeat(20_000));
      assert.ok(number < 1_000, 'the disk is never full');
    }
    next.endSession('b', { exitCode: 0 });
    await next.close();
  });
});
