// Settings: what they become for the runtimes, and what is said of a wrong one.
import assert from 'node:assert/strict';
import { SettingsError } from '../../../src/extension/settingsError.ts';
import { configOf, parseSettings } from '../../../src/extension/settingsSchema.ts';

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
});
