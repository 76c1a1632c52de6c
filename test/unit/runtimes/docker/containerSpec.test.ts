// What the engine is asked for: limits, rights, mounts and labels of an agent's container.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../../src/base/errors.ts';
import type { AgentRecord } from '../../../../src/protocol/agentRecord.ts';
import { parseBind } from '../../../../src/runtimes/docker/bindMount.ts';
import { containerSpec, containerUser } from '../../../../src/runtimes/docker/containerSpec.ts';
import { parseDockerOptions } from '../../../../src/runtimes/docker/options.ts';

const record: AgentRecord = {
  v: 1,
  agentId: 'agent-1',
  name: 'One',
  aiProvider: 'claude',
  taskTitle: 'Fix it',
  workingDirectory: '/home/ann/a:b c',
  sessionName: 'agent',
  runtimeId: 'docker',
  owner: 'ann@box',
  createdAt: '2026-11-20T10:00:00.000Z',
};

const spec = containerSpec({
  settings: parseDockerOptions({}),
  record,
  user: { uid: 1000, gid: 1001, home: '/home/agent' },
  networkId: 'net1',
  mounts: [{ source: '/home/ann/a:b c', target: '/workspace', readOnly: false }],
  memory: 8 * 1024 ** 3,
  cpus: 1.5,
});

describe('the container of an agent', () => {
  it('is named after the agent and keeps no program of the image', () => {
    assert.equal(spec.name, 'tmux-agents-agent-1');
    assert.deepEqual(spec.Entrypoint, []);
    assert.deepEqual(spec.Cmd, ['tail', '-f', '/dev/null']);
  });

  it('runs as the host user, with an init and no rights beyond', () => {
    assert.equal(spec.User, '1000:1001');
    assert.equal(spec.HostConfig?.Init, true);
    assert.equal(spec.HostConfig?.Privileged, false);
    assert.deepEqual(spec.HostConfig?.CapDrop, ['ALL']);
    assert.deepEqual(spec.HostConfig?.SecurityOpt, ['no-new-privileges']);
  });

  it('is limited in memory, CPUs and processes', () => {
    assert.equal(spec.HostConfig?.Memory, 8 * 1024 ** 3);
    assert.equal(spec.HostConfig?.NanoCpus, 1.5e9);
    assert.equal(spec.HostConfig?.PidsLimit, 512);
  });

  it('mounts a path with colons and spaces as it is', () => {
    assert.deepEqual(spec.HostConfig?.Mounts, [{ Type: 'bind', Source: '/home/ann/a:b c', Target: '/workspace', ReadOnly: false }]);
    assert.equal(spec.HostConfig?.Binds, undefined);
  });

  it('keeps secrets in memory, for the agent alone', () => {
    const options = spec.HostConfig?.Tmpfs?.['/run/tmux-agents'] ?? '';
    for (const option of ['mode=0700', 'uid=1000', 'gid=1001', 'noexec']) assert.ok(options.split(',').includes(option), option);
  });

  it('carries the documented labels', () => {
    assert.deepEqual(spec.Labels, {
      'tmux-agents': 'true',
      'tmux-agents.agent-id': 'agent-1',
      'tmux-agents.session-name': 'agent',
      'tmux-agents.ai-provider': 'claude',
      'tmux-agents.created-at': '2026-11-20T10:00:00.000Z',
      'tmux-agents.runtime-id': 'docker',
      'tmux-agents.owner': 'ann@box',
      'tmux-agents.working-directory': '/home/ann/a:b c',
      'tmux-agents.task': 'Fix it',
      'tmux-agents.name': 'One',
    });
  });
});

describe('the user of a container', () => {
  const settings = parseDockerOptions({});

  it('is the caller, at home in /home/agent', () => {
    assert.deepEqual(containerUser(settings, { uid: 501, gid: 20 }, false), { uid: 501, gid: 20, home: '/home/agent' });
  });

  it('is at home in /root as root', () => {
    assert.deepEqual(containerUser(settings, { uid: 0, gid: 0 }, false), { uid: 0, gid: 0, home: '/root' });
  });

  it('is root under a rootless engine, which is the caller outside', () => {
    assert.deepEqual(containerUser(settings, { uid: 501, gid: 20 }, true), { uid: 0, gid: 0, home: '/root' });
  });

  it("is the image's where the host has no uids", () => {
    assert.equal(containerUser(settings, undefined, false).uid, 1000);
  });

  it('is what the settings say', () => {
    assert.deepEqual(containerUser(parseDockerOptions({ user: '12:34', home: '/h' }), { uid: 0, gid: 0 }, true), { uid: 12, gid: 34, home: '/h' });
    assert.deepEqual(containerUser(parseDockerOptions({ user: '12' }), undefined, false), { uid: 12, gid: 12, home: '/home/agent' });
  });
});

describe('a bind', () => {
  it('is read-write unless it says otherwise', () => {
    assert.deepEqual(parseBind('/data:/data:ro'), { source: '/data', target: '/data', readOnly: true });
    assert.deepEqual(parseBind('/a b:/c'), { source: '/a b', target: '/c', readOnly: false });
    assert.deepEqual(parseBind('/a:/c:rw,z'), { source: '/a', target: '/c', readOnly: false });
  });

  it('may begin with a Windows drive', () => {
    assert.deepEqual(parseBind('C:\\data:/data:ro'), { source: 'C:\\data', target: '/data', readOnly: true });
  });

  for (const wrong of ['', '/data', 'data:/data', '/data:data', '/data:/data:maybe', '/a:/b:ro:rw']) {
    it(`is refused as ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => parseBind(wrong), (error) => isAgentsError(error, 'bad-input') && error.message.includes(`"${wrong}"`));
    });
  }
});

describe('the settings of the Docker runtime', () => {
  it('have the documented defaults', () => {
    const { image, network, defaultMemory, defaultCpus } = parseDockerOptions({});
    assert.deepEqual({ image, network, defaultMemory, defaultCpus }, { image: 'tmux-agents-base:latest', network: 'tmux-agents', defaultMemory: 4 * 1024 ** 3, defaultCpus: 2 });
  });

  it('name each key that is wrong', () => {
    const wrong = { network: 'a b', defaultCpus: 0, authMounts: { nonsense: true }, imagee: 'x' };
    assert.throws(
      () => parseDockerOptions(wrong),
      (error) => isAgentsError(error, 'bad-input') && ['network', 'defaultCpus', 'nonsense', 'imagee'].every((key) => error.message.includes(key)),
    );
  });
});
