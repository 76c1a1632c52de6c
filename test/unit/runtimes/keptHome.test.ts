// What a container's agent is given of the person's home, and what it writes itself: the script that does it, in a real shell.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { claudeHome, codexHome, opencodeHome } from '../../../src/providers/keptHomes.ts';
import { keptEnv, TAKE_OVER_SCRIPT, takeOverWords, type KeptHome } from '../../../src/runtimes/keptHome.ts';

describe('a kept home', () => {
  let folder: string;
  let home: string;
  let kept: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ta kept '));
    home = join(folder, 'home');
    kept = join(folder, 'kept');
    mkdirSync(home);
    mkdirSync(kept);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function has(path: string, content = path): void {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }

  function takeOver(what: KeptHome): void {
    execFileSync('/bin/sh', ['-c', `${TAKE_OVER_SCRIPT}take_over "$@"`, 'sh', kept, ...takeOverWords(what)], { env: { HOME: home, PATH: process.env['PATH'] }, stdio: 'pipe' });
  }

  const isLink = (path: string): boolean => lstatSync(join(kept, path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  const text = (path: string): string => readFileSync(join(kept, path), 'utf8');

  it('links credentials, copies what the CLI writes to, and leaves conversations where they are', () => {
    has('.codex/auth.json');
    has('.codex/config.toml');
    chmodSync(join(home, '.codex/config.toml'), 0o444);
    has('.codex/sessions/2026/old.jsonl');
    takeOver(codexHome);
    assert.ok(isLink('codex/auth.json'));
    assert.equal(readlinkSync(join(kept, 'codex/auth.json')), join(home, '.codex/auth.json'));
    assert.ok(!isLink('codex/config.toml'));
    writeFileSync(join(kept, 'codex/config.toml'), 'changed');
    assert.equal(lstatSync(join(kept, 'codex/sessions'), { throwIfNoEntry: false }), undefined);
    takeOver(codexHome);
    assert.equal(text('codex/config.toml'), 'changed', 'what the CLI wrote is not overwritten when it is resumed');
    assert.equal(readFileSync(join(home, '.codex/config.toml'), 'utf8'), '.codex/config.toml', "the person's own is untouched");
  });

  it('makes the folders even where the home has nothing', () => {
    takeOver(claudeHome);
    assert.ok(lstatSync(join(kept, 'claude')).isDirectory());
  });

  it('takes a file beside the folder, too, and knows patterns and names with spaces', () => {
    has('.claude.json');
    has('.claude/agents/my agent.md');
    has('.config/opencode/opencode.json');
    has('.config/git with space/config');
    takeOver(claudeHome);
    takeOver(opencodeHome);
    assert.equal(text('claude/.claude.json'), '.claude.json');
    assert.equal(text('claude/agents/my agent.md'), '.claude/agents/my agent.md');
    assert.ok(isLink('config/opencode/opencode.json'));
    assert.ok(isLink('config/git with space') && !isLink('config/opencode'), 'its own folder is its own, all others are links');
  });

  it('puts a link anew that leads nowhere', () => {
    has('.codex/auth.json');
    takeOver(codexHome);
    rmSync(join(kept, 'codex/auth.json'));
    execFileSync('ln', ['-s', '/nowhere/auth.json', join(kept, 'codex/auth.json')]);
    takeOver(codexHome);
    assert.equal(text('codex/auth.json'), '.codex/auth.json');
  });

  it('is named to the CLI by its variables', () => {
    assert.deepEqual(keptEnv(opencodeHome, '/kept'), { XDG_CONFIG_HOME: '/kept/config', XDG_DATA_HOME: '/kept/share' });
  });
});
