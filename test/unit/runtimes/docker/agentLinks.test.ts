// The links to containers: a listing ends those of containers that it knows as stopped, and no younger ones.
import assert from 'node:assert/strict';
import { silentLog } from '../../../../src/base/log.ts';
import { AgentLinks } from '../../../../src/runtimes/docker/agentLinks.ts';
import { DockerEngine } from '../../../../src/runtimes/docker/engine.ts';

describe('the links to containers', () => {
  it('outlive a listing that was asked before they were made', () => {
    const links = new AgentLinks(new DockerEngine({ socketPath: '/nowhere.sock' }), silentLog, () => undefined);
    const running = links.get('running', 'a');
    const stopped = links.get('stopped', 'b');
    const before = links.ids();
    const fresh = links.get('fresh', 'c');
    links.keep(new Set(['running']), new Set(), before);
    assert.equal(links.get('running', 'a'), running);
    assert.equal(links.get('fresh', 'c'), fresh);
    assert.notEqual(links.get('stopped', 'b'), stopped);
    links.dispose();
  });
});
