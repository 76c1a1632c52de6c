// The settings: defaults, what may be left out, and faults that point at their key.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { parseConfig } from '../../../src/protocol/config.ts';

const FILE = '/home/me/config.json';

function faultOf(settings: unknown): string {
  try {
    parseConfig(settings, FILE);
  } catch (error) {
    assert.ok(isAgentsError(error, 'bad-input'));
    return error.message;
  }
  return assert.fail('the settings were taken');
}

describe('the settings', () => {
  it('have the runtimes local and docker, and claude as the provider, when nothing is said', () => {
    assert.deepEqual(parseConfig({}, FILE), { runtimes: { local: { type: 'local' }, docker: { type: 'docker' } }, providers: {}, trustFolders: true, approvals: {}, sessions: { record: true, maxMegabytes: 32, keptDays: 30 }, defaults: { runtime: 'local', provider: 'claude' } });
  });

  it('keep the other runtime when one is changed, and know its type by its id', () => {
    const { runtimes } = parseConfig({ runtimes: { docker: { image: 'mine:1', memory: '4g', cpus: 2, pidsLimit: 100, authMounts: { ssh: false } } } }, FILE);
    assert.deepEqual(runtimes, { local: { type: 'local' }, docker: { type: 'docker', image: 'mine:1', memory: 4 * 2 ** 30, cpus: 2, pidsLimit: 100, authMounts: { ssh: false } } });
  });

  it('say what is kept of sessions, within the bounds that the editor has', () => {
    assert.deepEqual(parseConfig({ sessions: { record: false, keptDays: 7 } }, FILE).sessions, { record: false, maxMegabytes: 32, keptDays: 7 });
    assert.match(faultOf({ sessions: { maxMegabytes: 0 } }), /sessions\.maxMegabytes: must be 1 to 1000/);
    assert.match(faultOf({ sessions: { keptdays: 7 } }), /keptdays/);
  });

  it('take a runtime away when it is false', () => {
    assert.deepEqual(Object.keys(parseConfig({ runtimes: { docker: false } }, FILE).runtimes), ['local']);
  });

  it('take several runtimes of one type, under any id', () => {
    const { runtimes } = parseConfig({ runtimes: { 'big.box_1': { type: 'docker', host: 'tcp://10.0.0.2:2376' } } }, FILE);
    assert.deepEqual(runtimes['big.box_1'], { type: 'docker', host: 'tcp://10.0.0.2:2376' });
  });

  it('take providers of the user\'s own', () => {
    const { providers } = parseConfig({ providers: { mine: { argv: ['my-cli', '--fast'], task: ['--prompt', '{task}'], env: { MODE: 'x' } } } }, FILE);
    assert.deepEqual(providers['mine'], { argv: ['my-cli', '--fast'], task: ['--prompt', '{task}'], env: { MODE: 'x' } });
  });

  for (const [what, settings, expected] of [
    ['a misspelt key', { runtimes: { docker: { imgae: 'x' } } }, /runtimes\.docker: .*imgae/],
    ['a login folder that does not exist', { runtimes: { docker: { authMounts: { shh: true } } } }, /runtimes\.docker\.authMounts: "shh" is not known: use .*ssh/],
    ['a key that does not exist', { runtime: {} }, /Unrecognized key: "runtime"/],
    ['a runtime without a type', { runtimes: { mine: {} } }, /runtimes\.mine\.type: /],
    ['a type that does not exist', { runtimes: { mine: { type: 'k9s' } } }, /runtimes\.mine\.type: .*local.*docker/],
    ['a size that is none', { runtimes: { docker: { memory: 'lots' } } }, /runtimes\.docker\.memory: "lots" is no size/],
    ['a program without a name', { providers: { mine: { argv: [''] } } }, /providers\.mine\.argv: must begin with the name of a program/],
    ['a command line given as text', { providers: { mine: { argv: 'my-cli --fast' } } }, /providers\.mine\.argv: .*array/],
    ['a variable that cannot be one', { providers: { mine: { argv: ['x'], env: { 'A-B': '1' } } } }, /providers\.mine\.env\.A-B: a variable name/],
    ['an id with a space', { providers: { 'my cli': { argv: ['x'] } } }, /providers\.my cli: an id has/],
    ['no object at all', [], /expected object, received array/],
    ['runtimes that are a list', { runtimes: [] }, /runtimes: .*received array/],
  ] as const) {
    it(`point at ${what}`, () => assert.match(faultOf(settings), expected));
  }

  it('name where they came from, and every fault at once', () => {
    const message = faultOf({ runtimes: { docker: { cpus: -1 } }, providers: { a: { argv: [] } } });
    assert.match(message, /\/home\/me\/config\.json/);
    assert.match(message, /runtimes\.docker\.cpus/);
    assert.match(message, /providers\.a\.argv/);
  });

  it('point at the key of a provider that is at fault', () => {
    const fault = (provider: unknown): string => faultOf({ providers: { mine: provider } });
    assert.match(fault({ args: 'no list' }), /providers\.mine\.args: /);
    assert.match(fault({ version: [1] }), /providers\.mine\.version\.0: /);
    assert.match(fault({ resume: ['--resume'] }), /providers\.mine\.resume: must hold \{session\} in one of its words/);
    assert.match(fault({ conversation: ['--id', 'x'] }), /providers\.mine\.conversation: must hold \{session\}/);
    assert.match(fault({ task: ['-p'] }), /providers\.mine\.task: must hold \{task\}/);
    assert.match(fault({ permission: ['--mode'] }), /providers\.mine\.permission: must hold \{mode\}/);
    assert.match(fault({ interruptKeys: [] }), /providers\.mine\.interruptKeys: must name a key/);
    assert.match(fault({ interruptKeys: ['two keys'] }), /providers\.mine\.interruptKeys\.0: must be the name of a key/);
    assert.match(fault({ exit: { prompt: '/quit', keys: ['C-c'] } }), /providers\.mine\.exit: must be \{"prompt": text\} or/);
    assert.match(fault({ env: { 'A B': '1' } }), /providers\.mine\.env.*: a variable name has/);
    assert.match(fault({ argvv: ['x'] }), /providers\.mine: .*argvv/);
    assert.match(faultOf({ trustFolders: 'yes' }), /trustFolders: /);
  });
});
