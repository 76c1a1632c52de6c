// Where the real CLIs are looked for, and what is said when they are not there.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cliNames, clisFolder, clisState, ensureClis } from '../../../scripts/ensureClis.mjs';

describe('the folder of the agent CLIs', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'ta-clis-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is in the user's cache, named after what it holds", () => {
    const found = clisFolder({ XDG_CACHE_HOME: folder });
    assert.equal(dirname(found), join(folder, 'tmux-agents'));
    assert.match(basename(found), /^agent-clis-[0-9a-f]{12}$/);
  });

  it('is where the person says', () => {
    assert.equal(clisFolder({ TMUX_AGENTS_CLIS: folder, XDG_CACHE_HOME: '/elsewhere' }), folder);
  });

  it('names each CLI that is missing', () => {
    mkdirSync(join(folder, 'bin'));
    symlinkSync(process.execPath, join(folder, 'bin', 'claude'));
    const { ok, sentence } = clisState({ TMUX_AGENTS_CLIS: folder });
    assert.equal(ok, false);
    assert.match(sentence, /codex, gemini/);
    assert.doesNotMatch(sentence, /claude/);
  });

  it('is used as it is when nothing is missing', async () => {
    mkdirSync(join(folder, 'bin'));
    for (const name of cliNames) symlinkSync(process.execPath, join(folder, 'bin', name));
    assert.equal(await ensureClis({ TMUX_AGENTS_CLIS: folder }), folder);
  });
});
