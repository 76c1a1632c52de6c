// What the command tells of sessions: it records while it follows, and shows and replays what any face recorded.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TimelineEntry } from '../../../src/protocol/timelineEntry.ts';
import { waitFor } from '../../../src/base/wait.ts';
import { needs } from '../../support/requirements.ts';
import { CommandWorld, sourceCommand } from './commandWorld.ts';

describe('the command and sessions', function () {
  this.timeout(120_000);
  let world: CommandWorld;

  before(function () {
    needs(this, 'tmux', 'git');
    world = new CommandWorld();
    writeFileSync(join(world.work, 'a.txt'), 'one\n');
    for (const args of [['init', '-q', '-b', 'main'], ['add', '.'], ['-c', 'user.name=T', '-c', 'user.email=t@example.invalid', 'commit', '-qm', 'Begin']]) execFileSync('git', ['-C', world.work, ...args]);
  });
  after(async () => {
    await world?.run(['kill', '--all', '--grace', '0']);
    world?.dispose();
  });

  /** Follows until an entry is as wanted, then interrupts; resolves with all that was told. */
  async function followUntil(agentId: string, wanted: (entry: TimelineEntry) => boolean, meanwhile: () => Promise<unknown>): Promise<readonly TimelineEntry[]> {
    const [program = '', ...first] = sourceCommand;
    const child = spawn(program, [...first, 'timeline', agentId, '--follow', '--json'], { cwd: world.work, env: world.env, stdio: ['ignore', 'pipe', 'inherit'] });
    const told: TimelineEntry[] = [];
    let rest = '';
    let found = (): void => undefined;
    const seen = new Promise<void>((resolve) => (found = resolve));
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) told.push(JSON.parse(line) as TimelineEntry);
      if (told.some(wanted)) found();
    });
    try {
      const acted = meanwhile();
      await waitFor(seen, { timeoutMs: 45_000, what: `the entry, not ${told.map(({ title }) => title).join(', ')}` });
      await acted;
    } finally {
      child.kill('SIGINT');
      await ended;
    }
    return told;
  }

  it('records while it follows, and shows and replays it afterwards, by id, also when the agent is gone', async () => {
    const { agentId } = await world.spawn('--provider', 'demo', '--no-autopilot', '--task', 'Greet');
    const told = await followUntil(agentId, ({ title }) => title.includes('— denied'), () => world.run(['deny', agentId]));
    assert.ok(told.some(({ title }) => title === 'Task: Greet'), JSON.stringify(told));
    assert.equal((await world.run(['kill', agentId, '--grace', '0'])).code, 0);
    const { value, code } = await world.json<{ agentId: string; entries: readonly TimelineEntry[] }>(['timeline', agentId]);
    assert.equal(code, 0);
    assert.ok(value.entries.some(({ title, tone }) => /^Asks: .*npm test — denied$/.test(title) && tone === 'bad'));
    const text = await world.run(['timeline', agentId]);
    assert.match(text.stdout, /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}approval {2}Asks: .*denied/);
    const replayed = await world.run(['replay', agentId]);
    assert.match(replayed.stdout, /Not allowed/);
    assert.equal((await world.run(['timeline', 'never-was'])).code, 3);
    assert.equal((await world.run(['replay', agentId, '--speed', 'fast'])).code, 2);
  });

  it('begins attempts, compares them and picks one', async () => {
    interface Group { readonly id: string; readonly attempts: readonly { readonly agentId: string; readonly outcome?: string; readonly branch?: string; readonly files?: number }[] }
    const began = await world.json<Group>(['best-of', '--task', 'Name a tea', '--provider', 'demo']);
    assert.equal(began.code, 0, began.stdout);
    assert.equal(began.value.attempts.length, 2);
    const [one] = began.value.attempts;
    assert.ok(one);
    assert.match(one.branch ?? '', /^tmux-agents\//);
    const picked = await world.json<Group>(['best-of', '--pick', one.agentId]);
    assert.deepEqual(picked.value.attempts.map(({ outcome }) => outcome), ['picked', 'archived']);
    assert.match((await world.run(['best-of', '--show', began.value.id])).stdout, /archived/);
  });
});
