// The journal's promise, kept against kill -9: what a subscriber has seen is in the file, numbers have no gap, and the next life goes on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../../../scripts/lib/paths.mjs';
import { journalTail } from '../../../src/sessions/journal/journalTail.ts';
import { readJournal } from '../../../src/sessions/journal/readJournal.ts';

const LANES = 4;
const KILLS = 200;

describe('a journal whose writer is killed', function () {
  this.timeout(300_000);
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-crash-'));
    // One file starts faster, 200 times.
    await build({ entryPoints: [join(root, 'test/support/journalWriter.ts')], outfile: join(folder, 'writer.mjs'), bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts a writer, kills it some time after its first words, and returns the lines it said whole. */
  async function life(journal: string, name: string): Promise<string[]> {
    const child = spawn(process.execPath, [join(folder, 'writer.mjs'), journal, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    let said = '';
    let killing = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (killing) return;
      killing = true;
      setTimeout(() => child.kill('SIGKILL'), Math.random() * 50);
    });
    const [, signal] = (await closed) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL', 'it ended before it was killed');
    return said.split('\n').slice(0, -1);
  }

  it(`loses nothing that was seen, in ${KILLS} deaths`, async () => {
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const journal = join(folder, `lane-${lane}`);
      const seen = new Map<number, string>();
      for (let kill = 0; kill < KILLS / LANES; kill++) {
        const lines = await life(journal, `${lane}.${kill}`);
        assert.ok(lines.length > 0);
        for (const line of lines) {
          const [seq = '', data = ''] = line.split(' ');
          assert.ok(!seen.has(Number(seq)), `number ${seq} was given twice`);
          seen.set(Number(seq), data);
        }
        assert.ok((journalTail(journal)?.seq ?? 0) >= Math.max(...lines.map((line) => Number.parseInt(line, 10))), 'the last one seen is on disk');
      }
      let next = 1;
      let found = 0;
      for await (const event of readJournal(journal)) {
        assert.equal(event.seq, next++);
        const expected = seen.get(event.seq);
        if (expected === undefined) continue;
        found++;
        assert.equal(event.type === 'TERMINAL_CHUNK' ? event.data.slice(0, 20).trim() : event.type, expected);
      }
      assert.equal(found, seen.size, 'everything seen is there');
      return found;
    });
    const counts = await Promise.all(lanes);
    assert.ok(counts.every((count) => count > KILLS / LANES));
  });
});
