// `explain` and `record` as real processes: recordings of the corpus, and a live agent.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../../support/requirements.ts';
import { PaneReader } from '../tmux/freshServer.ts';
import { builtCommand, CommandWorld, sourceCommand } from './commandWorld.ts';

interface Explained {
  readonly state: string;
  readonly kind?: string;
  readonly text?: string;
  readonly source: string;
  readonly rule?: string;
  readonly evidence: string;
  readonly offset?: number;
}
interface Failure {
  readonly error: { readonly reason: string; readonly message: string; readonly hint?: string };
}

const corpus = fileURLToPath(new URL('../../corpus/', import.meta.url));
const faces = [
  { name: 'from source', command: sourceCommand },
  ...(existsSync(builtCommand[0]) && existsSync(builtCommand[0].replace('cli.mjs', 'xterm.cjs')) ? [{ name: 'as built', command: builtCommand }] : []),
];

for (const { name, command } of faces) {
  describe(`explain, ${name}, on recordings`, function () {
    this.timeout(90_000);
    let world: CommandWorld;
    before(() => (world = new CommandWorld(command)));
    after(() => world?.dispose());

    it('says what a recorded screen shows', async () => {
      const { code, value } = await world.json<Explained>(['explain', '--provider', 'claude', '--screen', join(corpus, 'claude/waiting-permission-bash/screen.txt')]);
      assert.equal(code, 0);
      assert.deepEqual([value.state, value.kind, value.source, value.rule], ['waiting', 'permission', 'screen', 'claude/permission-bash']);
      assert.match(value.text ?? '', /Do you want to proceed\? touch /);
      assert.equal(value.evidence, 'Do you want to proceed?');
    });

    it('takes the title from --title, or from the last line of the file', async () => {
      const screen = join(corpus, 'codex/working-streaming/screen.txt');
      const titled = await world.json<Explained>(['explain', '--provider', 'codex', '--screen', screen, '--title', '⠇ codex']);
      assert.deepEqual([titled.value.state, titled.value.source, titled.value.evidence], ['working', 'title', '⠇ codex']);
      const file = join(world.folder, 'with-facts.txt');
      writeFileSync(file, `${readFileSync(screen, 'utf8')}TITLE=[⠇ codex] CMD=bash ALT=1 CUR=2,31 curflag=1 bell=0 dead=0\n`);
      const { value } = await world.json<Explained>(['explain', '--provider', 'codex', '--screen', file]);
      assert.deepEqual([value.state, value.source], ['working', 'title']);
    });

    it('replays the bytes of a session: one state per change, with its offset', async () => {
      const { code, value } = await world.json<Explained[]>(['explain', '--provider', 'claude', '--raw', join(corpus, 'claude/session-trustok/raw')]);
      assert.equal(code, 0);
      assert.deepEqual(value.map(({ state, kind }) => [state, kind]), [['waiting', 'trust'], ['idle', undefined]]);
      assert.ok((value[0]?.offset ?? 0) > 0 && (value[1]?.offset ?? 0) > (value[0]?.offset ?? 0));
    });

    it('says it to people as well', async () => {
      const { stdout } = await world.run(['explain', '--provider', 'claude', '--screen', join(corpus, 'claude/waiting-question/screen.txt')]);
      assert.match(stdout, /^State: +waiting \(question\): Which colour\?\nSource: +screen, rule claude\/question\nEvidence: Enter to select/);
      const raw = await world.run(['explain', '--provider', 'claude', '--raw', join(corpus, 'claude/session-trustok/raw')]);
      assert.match(raw.stdout, /^ *\d+ +waiting \(trust\) +screen +claude\/trust/);
    });

    it("uses a person's own rules, and says which file is wrong", async () => {
      const folder = join(world.folder, 'config', 'tmux-agents', 'rules');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'mine.json'), JSON.stringify({ provider: 'custom', rules: [{ id: 'ready', state: 'idle', all: ['^ready>'] }] }));
      writeFileSync(join(folder, 'wrong.json'), '{"provider":"custom","rules":[{"id":"x","state":"idle","all":["("]}]}');
      const file = join(world.folder, 'mine.txt');
      writeFileSync(file, 'hello\nready>\n');
      const { value, stderr } = await world.json<Explained>(['explain', '--provider', 'custom', '--screen', file]);
      assert.deepEqual([value.state, value.rule], ['idle', 'custom/ready']);
      assert.match(stderr, /wrong\.json.*rules\[0\]\.all\[0\].*regular expression/);
    });

    for (const [what, args, code, words] of [
      ['an unknown provider', ['--provider', 'nope', '--screen', '/etc/hostname'], 3, 'There is no provider "nope"'],
      ['a recording without its provider', ['--screen', '/etc/hostname'], 2, 'Whose recording'],
      ['a provider without rules', ['--provider', 'custom-x', '--screen', '/etc/hostname'], 3, 'custom-x'],
      ['a missing file', ['--provider', 'codex', '--screen', '/nowhere/at/all'], 3, '/nowhere/at/all'],
      ['a folder', ['--provider', 'codex', '--raw', '/tmp'], 2, 'no regular file'],
      ['a device', ['--provider', 'codex', '--raw', '/dev/zero'], 2, 'no regular file'],
      ['two recordings', ['--provider', 'codex', '--raw', '/tmp', '--screen', '/tmp'], 2, 'not both'],
      ['a size that is none', ['--provider', 'codex', '--raw', '/etc/hostname', '--size', 'big'], 2, '"big" is no size'],
      ['nothing', [], 2, 'What is to be explained'],
      ['an agent that there is not', ['nobody'], 3, 'There is no agent "nobody"'],
    ] as const) {
      it(`refuses ${what}, and says so`, async () => {
        const ran = await world.json<Failure>(['explain', ...args]);
        assert.equal(ran.code, code);
        assert.ok(ran.value.error.message.includes(words), ran.value.error.message);
      });
    }

    it('refuses a recording that is too large before it reads it', async () => {
      const file = join(world.folder, 'huge');
      writeFileSync(file, Buffer.alloc(5 * 1024 * 1024, 'x'));
      const { code, value } = await world.json<Failure>(['explain', '--provider', 'codex', '--screen', file]);
      assert.equal(code, 2);
      assert.match(value.error.message, /larger than 4 MB/);
    });
  });
}

describe('explain and record, of a live agent', function () {
  this.timeout(90_000);
  let world: CommandWorld;
  before(function () {
    needs(this, 'tmux');
    world = new CommandWorld();
  });
  after(() => world?.dispose());
  afterEach(async () => void (await world.run(['kill', '--all', '--grace', '0'])));

  async function waitingAgent(): Promise<string> {
    const agent = await world.spawn('--provider', 'demo', '--task', 'Ask me', '--no-autopilot');
    const tmux = world.tmux();
    const pane = (await tmux.listPanes()).find((one) => one.record.includes(agent.agentId));
    assert.ok(pane !== undefined);
    await new PaneReader(tmux, pane.id).ready('Allow? [y/n]');
    return agent.agentId;
  }

  it('prints the observation of every source, and the decision', async () => {
    const agentId = await waitingAgent();
    const { code, value } = await world.json<Explained & { readonly observations: { readonly source: string; readonly rule?: string }[]; readonly reasons: string[] }>(['explain', agentId]);
    assert.equal(code, 0);
    assert.deepEqual([value.state, value.kind], ['waiting', 'permission']);
    assert.ok(value.observations.some(({ source, rule }) => source === 'screen' && rule === 'demo/permission'), JSON.stringify(value.observations));
    assert.ok(value.observations.some(({ source }) => source === 'process'));
    assert.equal(value.observations[0]?.source, value.source, 'the deciding one first');
    assert.match(value.reasons.at(-1) ?? '', /^(?:Decided|Held): waiting/);
    const { stdout } = await world.run(['explain', agentId]);
    assert.match(stdout, /Sources, the deciding one first:\n[\s\S]*Decision:\n/);
  });

  it('makes an entry of the corpus that explain understands', async () => {
    const agentId = await waitingAgent();
    const out = join(world.folder, 'entry');
    const { code, value } = await world.json<{ readonly folder: string; readonly bytes: number; readonly expect: { readonly state: string; readonly kind?: string } }>(['record', agentId, '--out', out, '--seconds', '0.3']);
    assert.equal(code, 0);
    assert.deepEqual([value.folder, value.expect], [out, { state: 'waiting', kind: 'permission' }]);
    const meta = JSON.parse(readFileSync(join(out, 'meta.json'), 'utf8')) as { readonly provider: string; readonly expect: object };
    assert.deepEqual([meta.provider, meta.expect], ['demo', { state: 'waiting', kind: 'permission' }]);
    assert.match(readFileSync(join(out, 'screen.txt'), 'utf8'), /Allow\? \[y\/n\]/);
    const screen = await world.json<Explained>(['explain', '--provider', 'demo', '--screen', join(out, 'screen.txt')]);
    assert.deepEqual([screen.value.state, screen.value.rule], ['waiting', 'demo/permission']);
    const raw = await world.json<Explained[]>(['explain', '--provider', 'demo', '--raw', join(out, 'raw')]);
    assert.equal(raw.value.at(-1)?.state, 'waiting', 'the recording begins with the screen as it was');
  });

  it('records until it is interrupted, with the state that the person says', async () => {
    const agentId = await waitingAgent();
    const out = join(world.folder, 'interrupted');
    const tmux = world.tmux();
    let stop: ((signal: NodeJS.Signals) => void) | undefined;
    const recording = world.json<{ readonly expect: object }>(['record', agentId, '--out', out, '--state', 'waiting', '--kind', 'question'], { meanwhile: (kill) => (stop = kill) });
    // The folder is made just before the recording begins; the answer to the demo is what is recorded.
    await tmux.connect();
    await untilThere(out);
    stop?.('SIGINT');
    const { code, value } = await recording;
    assert.equal(code, 0);
    assert.deepEqual(value.expect, { state: 'waiting', kind: 'question' });
    assert.ok(existsSync(join(out, 'raw')));
  });

  it('refuses to write over something, and what is no state', async () => {
    const agentId = await waitingAgent();
    mkdirSync(join(world.folder, 'taken'));
    const taken = await world.json<Failure>(['record', agentId, '--out', join(world.folder, 'taken'), '--seconds', '0.1']);
    assert.deepEqual([taken.code, taken.value.error.reason], [5, 'name-taken']);
    for (const wrong of [['--state', 'sleeping'], ['--state', 'idle', '--kind', 'trust'], ['--state', 'waiting', '--kind', 'x'], ['--seconds', '0'], ['--seconds', 'long']]) {
      const { code } = await world.json<Failure>(['record', agentId, ...wrong]);
      assert.equal(code, 2, wrong.join(' '));
    }
  });
});

/** Resolves when there is something at the path. */
async function untilThere(path: string): Promise<void> {
  if (existsSync(path)) return;
  for await (const _ of watch(dirname(path), { signal: AbortSignal.timeout(10_000) })) if (existsSync(path)) return;
}
