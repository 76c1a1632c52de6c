// Where sessions are kept: safe folders for any id, listed by the ends of their journals, old ones swept, those at work never.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { SessionState } from '../../../src/protocol/runnerEvent.ts';
import { pathToEnd } from '../../../src/sessions/states/transitions.ts';
import { sessionFolderName } from '../../../src/sessions/store/sessionFolder.ts';
import { SessionStore } from '../../../src/sessions/store/sessionStore.ts';

const DAY = 24 * 60 * 60 * 1_000;

describe('where sessions are kept', function () {
  this.timeout(30_000);
  let folder: string;
  let store: SessionStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
    store = new SessionStore(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function session(sessionId: string, { ended = false, chunks = 0, createdAt = 1 } = {}): Promise<void> {
    store.write({ v: 1, sessionId, orgId: 'o', providerId: 'demo', createdAt });
    const journal = await store.openJournal({ sessionId, orgId: 'o' });
    let state: SessionState = 'CREATED';
    const go = (newState: SessionState): void => {
      journal.append({ type: 'SESSION_STATE_CHANGED', previousState: state, newState });
      state = newState;
    };
    go('RUNNING');
    for (let index = 0; index < chunks; index++) journal.append({ type: 'TERMINAL_CHUNK', data: 'x'.repeat(500), stream: 'stdout' });
    if (ended) for (const next of pathToEnd(state, 'COMPLETED')) go(next);
    await journal.close();
  }

  it('is a folder named after the id, or after its digest where it is no plain name', () => {
    for (const plain of ['session-001', 'a', '6f1b1c1e-0000-4000-8000-000000000000', 'A.b_c']) assert.equal(sessionFolderName(plain, true), plain);
    for (const odd of ['', '.', '..', '../../etc/passwd', '/abs', 'a/b', 'a\\b', '.hidden', 'nul', 'COM1.txt', 'dot.', 'x'.repeat(300), 'naïve 🙂', 'new\nline']) {
      assert.match(sessionFolderName(odd), /^[a-z0-9][a-z0-9-]*\.[0-9a-f]{24}$/, odd);
    }
    assert.notEqual(sessionFolderName('ABC', false).toLowerCase(), sessionFolderName('abc', false).toLowerCase());
    assert.notEqual(sessionFolderName(sessionFolderName('a/b')), sessionFolderName('a/b'), 'no id takes the folder of another');
  });

  it('gives different ids different folders, none outside', () => {
    const id = fc.string({ unit: fc.constantFrom(...'aAbB0.-_/\\ \n\0é🙂'), maxLength: 12 });
    fc.assert(
      fc.property(id, id, fc.boolean(), (one, other, caseCounts) => {
        const names = [one, other].map((id) => sessionFolderName(id, caseCounts));
        for (const name of names) assert.ok(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(name) && !name.endsWith('.'), name);
        assert.equal(names[0] === names[1], one === other);
      }),
    );
  });

  it('lists each session with its state and last number', async () => {
    await session('b-long', { chunks: 400, createdAt: 2 });
    await session('a/odd', { ended: true, createdAt: 1 });
    store.write({ v: 1, sessionId: 'new', orgId: 'o', providerId: 'demo', createdAt: 3, title: 'Not begun' });
    const listed = await store.list();
    assert.deepEqual(listed.map(({ meta, state, lastSeq }) => [meta.sessionId, state, lastSeq]), [['a/odd', 'COMPLETED', 2], ['b-long', 'RUNNING', 401], ['new', 'CREATED', 0]]);
    assert.deepEqual(store.read('a/odd'), listed[0]);
    assert.equal(store.read('none'), undefined);
  });

  it('passes over what it cannot read, and leaves it', async () => {
    await session('good');
    for (const [name, text] of [['broken', '{"v":1'], ['later', '{"v":2}']] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'session.json'), text);
    }
    writeFileSync(join(folder, 'a file'), '');
    assert.deepEqual((await store.list()).map(({ meta }) => meta.sessionId), ['good']);
    assert.equal(readdirSync(folder).length, 4);
    assert.deepEqual(await new SessionStore(join(folder, 'nowhere')).list(), []);
  });

  it('sweeps what ended long ago; never what lives, or is written to', async () => {
    await session('old', { ended: true });
    await session('held', { ended: true });
    await session('alive');
    const old = new Date(Date.now() - 40 * DAY);
    for (const id of ['old', 'held', 'alive']) {
      const place = store.folderOf(id);
      for (const path of [...readdirSync(place).map((name) => join(place, name)), place]) utimesSync(path, old, old);
    }
    await session('young', { ended: true });
    const writer = await store.openJournal({ sessionId: 'held', orgId: 'o' });
    assert.deepEqual(await store.sweep(30 * DAY), ['old']);
    await writer.close();
    assert.deepEqual((await store.list()).map(({ meta }) => meta.sessionId).sort(), ['alive', 'held', 'young']);
    assert.equal(await store.remove('young'), true);
    assert.equal(store.read('young'), undefined);
  });
});
