// Settings: what they become for the runtimes, and what is said of a wrong one.
import assert from 'node:assert/strict';
import { SettingsError } from '../../../src/extension/settingsError.ts';
import { configOf, parseSetting, parseSettings, usableConfig } from '../../../src/extension/settingsSchema.ts';

describe('the settings', () => {
  it('untouched, give the local runtime and Docker with their own defaults', () => {
    assert.deepEqual(configOf(parseSettings({})).runtimes, { local: { type: 'local' }, docker: { type: 'docker' } });
  });

  it('hand on what is set, and nothing that is left empty', () => {
    const { runtimes } = configOf(parseSettings({ 'docker.image': 'mine:1', 'docker.memory': '512m', 'docker.cpus': 1.5, 'local.tmuxPath': '' }));
    assert.deepEqual(runtimes['docker'], { type: 'docker', image: 'mine:1', memory: 512 * 1024 * 1024, cpus: 1.5 });
    assert.deepEqual(runtimes['local'], { type: 'local' });
  });

  it('switch runtimes off and add further ones', () => {
    const { runtimes } = configOf(parseSettings({ 'local.enabled': false, runtimes: { 'big-box': { type: 'docker', host: 'tcp://big-box:2375' } } }));
    assert.deepEqual(Object.keys(runtimes).sort(), ['big-box', 'docker']);
  });

  it('make the custom command a provider', () => {
    assert.deepEqual(configOf(parseSettings({ 'custom.argv': ['my-agent', '--fast'] })).providers, { custom: { argv: ['my-agent', '--fast'] } });
    assert.deepEqual(configOf(parseSettings({})).providers, {});
  });

  it('at fault, are told by the key that the Settings editor knows', () => {
    assert.throws(
      () => parseSettings({ 'kill.graceSeconds': 'soon' }),
      (error) => error instanceof SettingsError && error.key === 'tmuxAgents.kill.graceSeconds' && error.message.includes('tmuxAgents.kill.graceSeconds'),
    );
    assert.throws(
      () => parseSettings({ providers: { mine: { argv: [] } } }),
      (error) => error instanceof SettingsError && error.key === 'tmuxAgents.providers' && error.message.includes('tmuxAgents.providers.mine.argv'),
    );
    assert.throws(
      () => configOf(parseSettings({ 'docker.memory': 'lots' })),
      (error) => error instanceof SettingsError && error.key === 'tmuxAgents.docker.memory' && error.message.includes('"lots" is no size'),
    );
    assert.throws(
      () => configOf(parseSettings({ runtimes: { 'no id!': { type: 'docker' } } })),
      (error) => error instanceof SettingsError && error.key === 'tmuxAgents.runtimes',
    );
  });

  it('hands on whether folders are trusted, and points at the key of a provider', () => {
    assert.equal(configOf(parseSettings({})).trustFolders, true);
    assert.equal(configOf(parseSettings({ 'spawn.trustFolders': false })).trustFolders, false);
    assert.throws(() => parseSettings({ providers: { mine: { argv: ['x'], resume: ['--last'] } } }), /tmuxAgents\.providers\.mine\.resume: must hold \{session\}/);
  });

  describe('of which some are wrong', () => {
    /** As `[runtimes that can be used, those that cannot with the key at fault, all keys at fault]`. */
    function usable(raw: Record<string, unknown>): [string[], Record<string, string>, string[]] {
      const { config, unusable, faults } = usableConfig(raw);
      return [Object.keys(config.runtimes).sort(), Object.fromEntries([...unusable].map(([id, { error }]) => [id, error.key])), faults.map(({ key }) => key)];
    }

    it('cost the runtime that they are about, and no other', () => {
      assert.deepEqual(usable({}), [['docker', 'local'], {}, []]);
      assert.deepEqual(usable({ 'docker.cpus': 'many' }), [['local'], { docker: 'tmuxAgents.docker.cpus' }, ['tmuxAgents.docker.cpus']]);
      assert.deepEqual(usable({ 'docker.memory': 'lots' }), [['local'], { docker: 'tmuxAgents.docker.memory' }, ['tmuxAgents.docker.memory']]);
      assert.deepEqual(usable({ 'local.tmuxPath': 7 }), [['docker'], { local: 'tmuxAgents.local.tmuxPath' }, ['tmuxAgents.local.tmuxPath']]);
      const further = { big: { type: 'docker', host: 'tcp://big:2375' }, bad: { type: 'docker', image: 5 }, 'no id!': { type: 'local' } };
      assert.deepEqual(usable({ runtimes: further }), [['big', 'docker', 'local'], { bad: 'tmuxAgents.runtimes', 'no id!': 'tmuxAgents.runtimes' }, ['tmuxAgents.runtimes', 'tmuxAgents.runtimes']]);
      assert.deepEqual(usable({ runtimes: 'none' }), [['docker', 'local'], {}, ['tmuxAgents.runtimes']]);
    });

    it('cost no runtime where they are about something else', () => {
      assert.deepEqual(usable({ 'kill.graceSeconds': 'soon', 'view.groupBy': 1, 'docker.buildBootstrap': 'yes' })[0], ['docker', 'local']);
      const { config, faults } = usableConfig({ providers: { mine: { argv: ['my-agent'] }, bad: { argv: [] }, 'no id!': { argv: ['x'] } } });
      assert.deepEqual([config.providers, faults.map(({ key }) => key)], [{ mine: { argv: ['my-agent'] } }, ['tmuxAgents.providers', 'tmuxAgents.providers']]);
    });

    it('are no consent', () => {
      const { config } = usableConfig({ 'spawn.trustFolders': 'no', 'approvals.auto': 'all' });
      assert.deepEqual([config.trustFolders, config.approvals.auto?.categories], [false, []]);
    });

    it('do not keep the others from being read', () => {
      assert.equal(parseSetting('kill.graceSeconds', 3), 3);
      assert.equal(parseSetting('kill.confirm', undefined), true);
      assert.throws(() => parseSetting('kill.confirm', 'no'), (error) => error instanceof SettingsError && error.key === 'tmuxAgents.kill.confirm');
    });
  });
});
