// Recordings that are broken, hostile or personal.
import assert from 'node:assert/strict';
import { openReplayTerminal } from '../../../../src/cli/replayTerminal.ts';
import { readRecordedScreen, readStill } from '../../../../src/providers/status/recordedScreen.ts';
import { guessSize, sizeSequence, USUAL_SIZE } from '../../../../src/providers/status/recordedSize.ts';
import { replay } from '../../../../src/providers/status/replay.ts';
import { RuleBook } from '../../../../src/providers/status/ruleBook.ts';
import { scrubRecording } from '../../../../src/providers/status/scrubRecording.ts';

const rules = new RuleBook().rulesOf('demo');
assert.ok(rules !== undefined);

async function statesOf(text: string | Buffer): Promise<[number, string][]> {
  assert.ok(rules !== undefined);
  const terminal = await openReplayTerminal(USUAL_SIZE);
  try {
    const changes = await replay(Buffer.from(text), { rules, terminal });
    return changes.map(({ offset, status }) => [offset, status.state]);
  } finally {
    terminal.dispose();
  }
}

const state = (name: string, more = ''): string => `\u001b]7501;state=${name}:app=x${more}\u001b\\`;

describe('a replay', () => {
  it('tells each change with its place', async () => {
    const start = `${state('idle')}hello\r\n`;
    const working = `${state('working')}more text\r\n`;
    const asks = state('blocked', `:kind=permission:msg=${Buffer.from('run: x').toString('base64')}`);
    assert.deepEqual(await statesOf(start + working + asks), [[Buffer.byteLength(state('idle') + 'hello\r\n'), 'idle'], [Buffer.byteLength(start + working), 'working'], [Buffer.byteLength(start + working + asks), 'waiting']]);
  });

  it('says nothing of a recording that says nothing', async () => {
    assert.deepEqual(await statesOf(''), []);
    assert.deepEqual(await statesOf('just text\r\n'.repeat(50)), []);
  });

  it('survives half an OSC, and what follows counts again', async () => {
    assert.deepEqual((await statesOf(`${state('working')}\u001b]7501;state=idle`)).map(([, name]) => name), ['working']);
    assert.deepEqual((await statesOf(`\u001b]7501;state=wor${state('idle')}`)).map(([, name]) => name), ['idle']);
  });

  it('survives 10 MB without a newline', async function () {
    this.timeout(60_000);
    const flood = Buffer.concat([Buffer.from(state('working')), Buffer.alloc(10 * 1024 * 1024, 'x'), Buffer.from(state('done'))]);
    assert.deepEqual((await statesOf(flood)).map(([, name]) => name), ['working', 'idle']);
  });

  it('survives a flood of titles', async function () {
    this.timeout(60_000);
    const titles = Array.from({ length: 20_000 }, (_, index) => `\u001b]2;title ${index}\u0007`).join('');
    assert.deepEqual((await statesOf(state('working') + titles + state('done'))).map(([, name]) => name), ['working', 'idle']);
  });

  it('finds the size that a recording was made in', () => {
    assert.deepEqual(guessSize(Buffer.from('no moves')), USUAL_SIZE);
    assert.deepEqual(guessSize(Buffer.from(`${sizeSequence({ columns: 200, rows: 50 })}\u001b[1;1H`)), { columns: 200, rows: 50 });
    const moves = `\u001b[1;1H\u001b[35;3H\u001b[12;118H${'─'.repeat(120)}`;
    assert.deepEqual(guessSize(Buffer.from(moves)), { columns: 120, rows: 35 });
    assert.deepEqual(guessSize(Buffer.from(`\u001b[1;1H\u001b[24;3H\u001b[2;2H${'─'.repeat(60)}`)), { columns: 60, rows: 24 });
  });
});

describe('a recorded screen', () => {
  it('may end with what the screen itself does not show', () => {
    assert.deepEqual(readRecordedScreen('one\ntwo\nTITLE=[⠇ [x] codex] CMD=bash ALT=1\n'), { text: 'one\ntwo', title: '⠇ [x] codex' });
    assert.deepEqual(readRecordedScreen('one\nTITLE=no\n'), { text: 'one\nTITLE=no\n' });
  });

  it('of an ended program is exited, whatever is left on it', () => {
    assert.ok(rules !== undefined);
    for (const [content, exitCode] of [['›\nPane is dead (status 3, Sat Nov 21 01:00:00 2026)\n', 3], ['›\nPane is dead (signal 9, now)\n', null], ['›\nTITLE=[x] CMD=bash ALT=0 dead=1\n', null]] as const) {
      const { status } = readStill(rules, undefined, readRecordedScreen(content));
      assert.deepEqual([status.state, status.state === 'exited' && status.exitCode, status.source], ['exited', exitCode, 'process'], content);
    }
  });

  it('that no rule knows is unknown, not idle', () => {
    assert.ok(rules !== undefined);
    const { status } = readStill(rules, undefined, { text: 'garbage\n\n' });
    assert.equal(status.state, 'unknown');
  });
});

describe('scrubbing a recording', () => {
  const maker = { paths: ['/home/alice', '/home/alice/secret project'], names: ['alice', 'devbox', 'root'], secrets: ['hunter2-hunter2'] };

  it('takes paths, names and keys out, and keeps every width', () => {
    const text = 'in /home/alice/secret project/x by alice@devbox: sk-ant-api03-abcdefghijkl ghp_abcdefghijklmnop AIzaSyABCDEFGHIJK hunter2-hunter2 OPENAI_API_KEY=abcdef123 Bearer abcdef.ghi malice root';
    const scrubbed = scrubRecording(text, maker);
    assert.equal(scrubbed.length, text.length);
    for (const gone of ['/home/alice', 'secret', 'alice@', 'devbox', 'api03', 'ghp_', 'AIza', 'hunter2', 'abcdef']) assert.ok(!scrubbed.includes(gone), `${gone} in ${scrubbed}`);
    assert.ok(scrubbed.includes('malice root'), 'parts of words stay');
  });

  it('looks into the messages of program status, and drops reports of hooks', () => {
    const message = Buffer.from('approve: cat /home/alice/x').toString('base64');
    const text = `\u001b]7501;state=blocked:msg=${message}\u001b\\\u001b]7502;tmux-agents;1;key;id;Stop;;e30=\u001b\\after`;
    const scrubbed = scrubRecording(text, maker);
    assert.equal(scrubbed.length, text.length);
    const [, inside = ''] = /msg=([A-Za-z0-9+/=]+)/.exec(scrubbed) ?? [];
    assert.equal(Buffer.from(inside, 'base64').toString(), 'approve: cat /home/userx/x');
    assert.ok(!scrubbed.includes('tmux-agents') && scrubbed.endsWith('\u001b\\after'));
  });
});
