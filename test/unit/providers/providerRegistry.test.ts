// Which providers there are, and what the settings do to them.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { launchArgv } from '../../../src/providers/launch.ts';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';

describe('the providers', () => {
  it('are complete for a picker: each has a name, a line, an icon, and says how to get it', () => {
    const { all } = createProviderRegistry();
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    for (const { id, label, description, icon, installHint } of all) {
      assert.match(id, /^[a-z-]+$/);
      for (const text of [label, description]) assert.ok(text.length >= 2 && text.length < 60, text);
      assert.match(icon, /^[a-z-]+$/);
      assert.match(installHint, /\.$/);
    }
  });

  it('label the demo as a demo', () => assert.match(createProviderRegistry().get('demo').label, /demo/i));

  it('name what there is when one is not known', () => {
    assert.throws(() => createProviderRegistry().get('cluade'), (error) => isAgentsError(error, 'not-found') && /"cluade"/.test(error.message) && /claude, codex/.test(error.hint ?? ''));
  });

  it('are changed by the settings, only in what these give', () => {
    const claude = createProviderRegistry({ claude: { argv: ['/opt/claude', '--verbose'] } }).get('claude');
    assert.deepEqual(launchArgv(claude, { task: 'a b', autoPilot: false }), ['/opt/claude', '--verbose', '--permission-mode', 'manual', '--', 'a b']);
    assert.deepEqual(claude.executables, ['/opt/claude']);
    assert.equal(claude.label, 'Claude Code');
  });

  it('take new ones from the settings, after the built-in ones', () => {
    const { all, get } = createProviderRegistry({ mine: { label: 'Mine', argv: ['my-cli'], task: ['-p', '{task}'], model: ['-m={model}'], autopilot: ['--yolo'] } });
    assert.equal(all.at(-1)?.id, 'mine');
    assert.deepEqual(launchArgv(get('mine'), { task: '-T', model: 'M', autoPilot: true }), ['my-cli', '--yolo', '-m=M', '-p', '-T']);
  });

  it('start a program that takes no task without one', () => {
    assert.deepEqual(launchArgv(createProviderRegistry({ custom: { argv: ['bash'] } }).get('custom'), { task: 'only a title' }), ['bash']);
  });
});
