// docker/build.sh: what it asks Docker for, from odd places and with odd arguments, and the sentence for each thing that is missing.
// A small stand-in for `docker` keeps its argv and the context it is sent; the last test builds for real.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../../support/requirements.ts';
import { IMAGE, inContainer, run } from './container.ts';

const folder = fileURLToPath(new URL('../../../docker', import.meta.url));

/** Keeps argv, one word a line, and unpacks what it is sent; `image inspect` finds every image. */
const STAND_IN = `#!/bin/sh
[ "$1" = build ] || { echo 20.10.0; exit 0; }
printf '%s\\n' "$@" > "$KEEP/argv"
mkdir -p "$KEEP/context"
tar -x -C "$KEEP/context"
exit "\${BUILD_CODE:-0}"
`;

let world: string;
let temporary: string;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function build(args: readonly string[], { script = join(folder, 'build.sh'), cwd = world, env = {} }: { script?: string; cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Outcome> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !['BASE_IMAGE', 'AGENT_CLIS', 'EXTRA_CA_CERTS', 'DOCKER_HOST'].includes(name)));
  return new Promise((resolve) => {
    execFile('sh', [script, ...args], { cwd, env: { ...inherited, TMPDIR: temporary, KEEP: world, DOCKER: join(world, 'docker'), ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

function sentArguments(): string[] {
  return readFileSync(join(world, 'argv'), 'utf8').trimEnd().split('\n');
}

/** A certificate authority, and a server's certificate by it. */
async function makeAuthority(): Promise<{ ca: string; files: string }> {
  const files = join(world, 'tls');
  mkdirSync(files);
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  await run('openssl', ['req', '-x509', ...key, '-subj', '/CN=A company', '-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', join(files, 'ca.key'), '-out', join(files, 'ca.pem')]);
  await run('openssl', ['req', ...key.slice(0, 3), '-subj', '/CN=localhost', '-keyout', join(files, 'server.key'), '-out', join(files, 'server.csr')]);
  writeFileSync(join(files, 'names'), 'subjectAltName=DNS:localhost\n');
  await run('openssl', ['x509', '-req', '-in', join(files, 'server.csr'), '-CA', join(files, 'ca.pem'), '-CAkey', join(files, 'ca.key'), '-CAcreateserial', '-days', '2', '-extfile', join(files, 'names'), '-out', join(files, 'server.pem')]);
  return { ca: join(files, 'ca.pem'), files };
}

describe('docker/build.sh', function () {
  this.timeout(30_000);

  beforeEach(() => {
    world = mkdtempSync(join(tmpdir(), 'tmux-agents-build-'));
    temporary = join(world, 'tmp');
    mkdirSync(temporary);
    writeFileSync(join(world, 'docker'), STAND_IN);
    chmodSync(join(world, 'docker'), 0o755);
  });

  afterEach(() => rmSync(world, { recursive: true, force: true }));

  describe('refuses, with one sentence', () => {
    const cases: readonly (readonly [string, readonly string[], NodeJS.ProcessEnv, number, RegExp])[] = [
      ['an option it does not know', ['--tga', 'x'], {}, 2, /^build\.sh: unknown option: --tga \(see --help\)\.$/],
      ['an option without its value', ['--tag'], {}, 2, /^build\.sh: --tag needs a value/],
      ['a base image and --bootstrap together', ['--bootstrap'], { BASE_IMAGE: 'debian:12' }, 2, /leave --base and BASE_IMAGE out/],
      ['a uid that is no number', ['--uid', 'me'], {}, 2, /are numbers, not "me"/],
      ['an agent that is an option of npm', ['--agents', 'good --registry=http://x'], {}, 2, /"--registry=http:\/\/x" is not the name of an npm package/],
      ['an agent that is a shell command', ['--agents', 'x;reboot'], {}, 2, /"x;reboot" is not the name/],
      ['a CA file that is not there', ['--ca', '/nowhere/ca.pem'], {}, 1, /the CA file \/nowhere\/ca\.pem cannot be read/],
      ['a CA file without a certificate', ['--ca', '/etc/passwd'], {}, 1, /there is no certificate in PEM form/],
      ['to run without Docker', [], { DOCKER: '/nowhere/docker' }, 1, /^build\.sh: Docker is not installed: \/nowhere\/docker was not found\./],
      ['a temporary folder that is not there', [], { TMPDIR: '/nowhere' }, 1, /no temporary folder can be made in \/nowhere/],
    ];
    for (const [what, args, env, expected, sentence] of cases) {
      it(what, async () => {
        const { code, stderr } = await build(args, { env });
        assert.equal(code, expected, stderr);
        assert.match(stderr.trimEnd().split('\n').at(-1) ?? '', sentence);
        assert.ok(!existsSync(join(world, 'argv')), 'Docker was asked to build');
        assert.deepEqual(readdirSync(temporary), []);
      });
    }

    it('a daemon that does not answer', async function () {
      needs(this, 'docker');
      const { code, stderr } = await build([], { env: { DOCKER: 'docker', DOCKER_HOST: `unix://${world}/no.sock` } });
      assert.equal(code, 1);
      assert.match(stderr, /^build\.sh: the Docker daemon does not answer: start Docker Desktop or "sudo systemctl start docker"\. It said: .+/);
    });

    it('--bootstrap without debootstrap', async () => {
      // Only what the script itself needs is on the PATH; the stand-in does not have the base image.
      const path = join(world, 'bin');
      mkdirSync(path);
      for (const tool of ['sh', 'id', 'tr', 'cut', 'cat', 'sha256sum', 'mktemp', 'mkdir', 'dirname', 'cp', 'rm', 'find', 'chmod', 'awk', 'tar', 'tail']) {
        writeFileSync(join(path, tool), `#!/bin/sh\nexec "$(PATH=/usr/bin:/bin command -v ${tool})" "$@"\n`);
        chmodSync(join(path, tool), 0o755);
      }
      writeFileSync(join(world, 'docker'), STAND_IN.replace('[ "$1" = build ]', '[ "$1" != image ] || exit 1\n[ "$1" = build ]'));
      const { code, stderr } = await build(['--bootstrap'], { env: { PATH: path } });
      assert.equal(code, 1);
      assert.equal(stderr.trim(), 'build.sh: --bootstrap needs debootstrap: sudo apt-get install debootstrap.');
    });
  });

  it('says so when the build itself fails, and leaves nothing behind', async () => {
    const { code, stderr } = await build([], { env: { BUILD_CODE: '3' } });
    assert.equal(code, 1);
    assert.match(stderr, /the image tmux-agents-base:latest was not built/);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('works from any folder, from a path with spaces, quotes, a dollar and a leading dash, and with such certificates', async () => {
    const odd = join(world, `-an "odd" $HOME folder's é`);
    cpSync(folder, join(odd, 'docker'), { recursive: true });
    const { ca } = await makeAuthority();
    const certificate = join(odd, 'a certificate.pem');
    writeFileSync(certificate, readFileSync(ca, 'utf8').trimEnd().replaceAll('\n', '\r\n'));
    const { code, stderr } = await build(['--tag', 'some/where:1', '--ca', certificate, '--agents', '@a/b c@1.2'], { script: join(odd, 'docker', 'build.sh'), cwd: '/', env: { EXTRA_CA_CERTS: `${ca}:${ca}` } });
    assert.equal(code, 0, stderr);
    const words = sentArguments();
    assert.deepEqual(words.slice(0, 5), ['build', '--tag', 'some/where:1', '--build-arg', 'AGENT_CLIS=@a/b c@1.2']);
    assert.equal(words.at(-1), '-');
    assert.deepEqual(readdirSync(join(world, 'context')).sort(), ['Dockerfile', 'ca', 'install-agents.sh', 'install-node.sh', 'make-user.sh', 'nss', 'tmux.conf']);
    assert.deepEqual(readdirSync(join(world, 'context', 'ca')).sort(), ['README.md', 'extra-0001.crt', 'extra-0002.crt', 'extra-0003.crt']);
    assert.equal(readFileSync(join(world, 'context', 'ca', 'extra-0003.crt'), 'utf8').trim(), readFileSync(ca, 'utf8').trim());
    assert.deepEqual(readdirSync(temporary), []);
    assert.deepEqual(readdirSync(join(odd, 'docker', 'ca')).filter((name) => name.endsWith('.crt')), []);
  });

  it('makes the image\'s user the caller\'s, and never root', async () => {
    await build(['--uid', '501', '--gid', '20']);
    assert.deepEqual(sentArguments().filter((word) => /^AGENT_[UG]ID=/.test(word)), ['AGENT_UID=501', 'AGENT_GID=20']);
    await build(['--uid', '0', '--gid', '0']);
    assert.deepEqual(sentArguments().filter((word) => /^AGENT_[UG]ID=/.test(word)), ['AGENT_UID=1000', 'AGENT_GID=1000']);
  });

  it('passes a proxy on by name only, so that its password shows nowhere', async () => {
    await build([], { env: { https_proxy: 'http://me:secret@proxy:3128' } });
    assert.ok(sentArguments().includes('https_proxy'));
    assert.ok(!sentArguments().some((word) => word.includes('secret')));
  });

  it('gives the same fingerprint again, and another one when a part changes', async () => {
    const copy = join(world, 'copy');
    cpSync(folder, copy, { recursive: true });
    const first = await build(['--print-content']);
    assert.match(first.stdout, /^[0-9a-f]{16}\n$/);
    assert.equal((await build(['--print-content'], { script: join(copy, 'build.sh') })).stdout, first.stdout);
    writeFileSync(join(copy, 'tmux.conf'), '# changed\n');
    assert.notEqual((await build(['--print-content'], { script: join(copy, 'build.sh') })).stdout, first.stdout);
  });

  it('puts extra certificates where curl, git, Node and npm trust them, in a real build on another base', async function () {
    this.timeout(180_000);
    needs(this, 'docker', 'image');
    const { ca, files } = await makeAuthority();
    const tag = `tmux-agents-test-ca:${process.pid}`;
    const { code, stdout, stderr } = await build(['--tag', tag, '--base', IMAGE, '--ca', ca, '--uid', '4321', '--gid', '4321'], { env: { DOCKER: 'docker' } });
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    try {
      const pem = (name: string): string => readFileSync(join(files, name), 'utf8');
      const server = `require('https').createServer({ key: ${JSON.stringify(pem('server.key'))}, cert: ${JSON.stringify(pem('server.pem'))} }, (_, answer) => answer.end('trusted\\n')).listen(8443, 'localhost', () => {
        const { execFileSync, exec } = require('child_process');
        const ask = (command) => new Promise((done) => exec(command, (error, out) => done(error === null ? out.trim() : String(error))));
        (async () => {
          console.log(await ask('curl -sS https://localhost:8443'));
          console.log(await ask('node -e "fetch(\\'https://localhost:8443\\').then((a) => a.text()).then(console.log)"'));
          console.log(await ask('curl -sS --cacert /dev/null https://localhost:8443 || echo refused without'));
          process.exit();
        })();
      });`;
      const encoded = Buffer.from(server).toString('base64');
      const output = await inContainer(`echo ${encoded} | base64 -d > /tmp/server.cjs; node /tmp/server.cjs; id -un`, { user: '4321:4321', image: tag });
      assert.deepEqual(output.split('\n').map((line) => line.trim()), ['trusted', 'trusted', 'refused without', 'agent']);
    } finally {
      await run('docker', ['image', 'rm', tag]);
    }
  });
});
