// Which engine is chosen, by what is asked for and what is there.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { resolveEndpoint, type EndpointSurroundings } from '../../../../src/runtimes/docker/endpoint.ts';

const HOME = '/home/ann';

interface Setup {
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly platform?: NodeJS.Platform;
}

function around({ env = {}, files = {}, platform = 'linux' }: Setup = {}): EndpointSurroundings {
  return { env, home: HOME, platform, readText: (path) => files[path], exists: (path) => path in files };
}

/** The files of a docker context, as `docker context create` writes them. */
function context(name: string, host: string, options: { readonly tls?: boolean; readonly skipVerify?: boolean; readonly folder?: string } = {}): Record<string, string> {
  const { tls = false, skipVerify = false, folder = `${HOME}/.docker` } = options;
  const id = createHash('sha256').update(name).digest('hex');
  const meta = JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: skipVerify } } });
  return {
    [`${folder}/contexts/meta/${id}/meta.json`]: meta,
    ...(tls ? { [`${folder}/contexts/tls/${id}/docker/ca.pem`]: 'CA', [`${folder}/contexts/tls/${id}/docker/cert.pem`]: 'CERT' } : {}),
  };
}

function fails(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error) => isAgentsError(error, 'bad-input') && message.test(error.message));
}

describe('the choice of a Docker engine', () => {
  it('is the standard socket, even when nothing is there yet', () => {
    assert.deepEqual(resolveEndpoint({}, around()), {
      address: { kind: 'socket', path: '/var/run/docker.sock' },
      url: 'unix:///var/run/docker.sock',
      cliFlags: [],
    });
  });

  it('is the pipe on Windows', () => {
    const endpoint = resolveEndpoint({}, around({ platform: 'win32' }));
    assert.deepEqual(endpoint.address, { kind: 'socket', path: '//./pipe/docker_engine' });
    assert.deepEqual(endpoint.cliFlags, []);
  });

  for (const [name, socket, env] of [
    ["Docker Desktop's", `${HOME}/.docker/run/docker.sock`, {}],
    ["a rootless engine's", '/run/user/7/docker.sock', { XDG_RUNTIME_DIR: '/run/user/7' }],
    ["the user's Podman", '/run/user/7/podman/podman.sock', { XDG_RUNTIME_DIR: '/run/user/7' }],
    ["the system's Podman", '/run/podman/podman.sock', {}],
  ] as const) {
    it(`falls back to ${name} socket, and tells the docker command`, () => {
      const endpoint = resolveEndpoint({}, around({ env, files: { [socket]: '' } }));
      assert.deepEqual(endpoint.address, { kind: 'socket', path: socket });
      assert.deepEqual(endpoint.cliFlags, ['-H', `unix://${socket}`]);
    });
  }

  it('prefers the standard socket to all others', () => {
    const endpoint = resolveEndpoint({}, around({ files: { '/var/run/docker.sock': '', '/run/podman/podman.sock': '' } }));
    assert.deepEqual(endpoint.address, { kind: 'socket', path: '/var/run/docker.sock' });
  });

  it('follows DOCKER_HOST, where the docker command goes by itself', () => {
    const endpoint = resolveEndpoint({}, around({ env: { DOCKER_HOST: 'tcp://box:2375' } }));
    assert.deepEqual(endpoint, { address: { kind: 'tcp', host: 'box', port: 2375 }, url: 'tcp://box:2375', cliFlags: [] });
  });

  it('uses TLS with the files of DOCKER_CERT_PATH', () => {
    const endpoint = resolveEndpoint({}, around({ env: { DOCKER_HOST: 'tcp://box', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' } }));
    const tls = { ca: '/certs/ca.pem', cert: '/certs/cert.pem', key: '/certs/key.pem', verify: true };
    assert.deepEqual(endpoint.address, { kind: 'tcp', host: 'box', port: 2376, tls });
  });

  it('understands an address without a scheme, and IPv6', () => {
    assert.deepEqual(resolveEndpoint({ host: 'box:99' }, around()).address, { kind: 'tcp', host: 'box', port: 99 });
    assert.deepEqual(resolveEndpoint({ host: 'tcp://[::1]:99' }, around()).address, { kind: 'tcp', host: '::1', port: 99 });
  });

  it('understands ssh addresses', () => {
    const endpoint = resolveEndpoint({ host: 'ssh://ann@box:2222' }, around());
    assert.deepEqual(endpoint.address, { kind: 'ssh', url: 'ssh://ann@box:2222' });
  });

  it('follows the current context, TLS files included', () => {
    const files = { [`${HOME}/.docker/config.json`]: '{"currentContext":"far"}', ...context('far', 'tcp://far:2376', { tls: true }) };
    const endpoint = resolveEndpoint({}, around({ files }));
    assert.equal(endpoint.url, 'tcp://far:2376');
    assert.deepEqual(endpoint.cliFlags, []);
    assert.ok(endpoint.address.kind === 'tcp');
    assert.match(endpoint.address.tls?.ca ?? '', /contexts\/tls\/[0-9a-f]{64}\/docker\/ca\.pem$/);
    assert.equal(endpoint.address.tls?.verify, true);
  });

  it('keeps a context that does not verify from verifying', () => {
    const endpoint = resolveEndpoint({ context: 'far' }, around({ files: context('far', 'tcp://far:2376', { tls: true, skipVerify: true }) }));
    assert.ok(endpoint.address.kind === 'tcp');
    assert.equal(endpoint.address.tls?.verify, false);
  });

  it('finds contexts in DOCKER_CONFIG', () => {
    const files = context('near', 'unix:///near.sock', { folder: '/conf' });
    const endpoint = resolveEndpoint({}, around({ env: { DOCKER_CONFIG: '/conf', DOCKER_CONTEXT: 'near' }, files }));
    assert.deepEqual(endpoint.address, { kind: 'socket', path: '/near.sock' });
  });

  it('lets DOCKER_HOST win over the context', () => {
    const files = { [`${HOME}/.docker/config.json`]: '{"currentContext":"far"}', ...context('far', 'tcp://far:1') };
    assert.equal(resolveEndpoint({}, around({ env: { DOCKER_HOST: 'unix:///near.sock' }, files })).url, 'unix:///near.sock');
  });

  it('lets a setting win over everything, and tells the docker command', () => {
    const env = { DOCKER_HOST: 'tcp://far:1' };
    const bySocket = resolveEndpoint({ socketPath: '/mine.sock' }, around({ env }));
    assert.deepEqual(bySocket.cliFlags, ['-H', 'unix:///mine.sock']);
    const byContext = resolveEndpoint({ context: 'near' }, around({ env, files: context('near', 'unix:///near.sock') }));
    assert.deepEqual(byContext.cliFlags, ['--context', 'near']);
  });

  it('gives no flags for a setting that says what holds anyway', () => {
    assert.deepEqual(resolveEndpoint({ socketPath: '/var/run/docker.sock' }, around()).cliFlags, []);
  });

  it('ignores a config file that is no JSON', () => {
    assert.equal(resolveEndpoint({}, around({ files: { [`${HOME}/.docker/config.json`]: '{' } })).url, 'unix:///var/run/docker.sock');
  });

  it('says which context is missing, and which address is none', () => {
    fails(() => resolveEndpoint({ context: 'nope' }, around()), /no Docker context "nope"/);
    fails(() => resolveEndpoint({ host: 'ftp://box' }, around()), /"ftp:\/\/box" is not an address/);
    fails(() => resolveEndpoint({}, around({ env: { DOCKER_HOST: 'tcp://' } })), /is not an address/);
  });

  it('says that a context file cannot be read', () => {
    const [path = ''] = Object.keys(context('bad', ''));
    fails(() => resolveEndpoint({ context: 'bad' }, around({ files: { [path]: '{"Endpoints":{}}' } })), /context "bad" cannot be read/);
  });
});
