// The two look-ups that come before everything else: is Docker there, is the image there, each answered in one sentence.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dockerState } from '../../../scripts/ensureDocker.mjs';
import { needs } from '../../support/requirements.ts';
import { run } from './container.ts';

const scripts = fileURLToPath(new URL('../../../scripts', import.meta.url));

function script(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [`${scripts}/${name}`, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, output: `${stdout}${stderr}`.trim() });
    });
  });
}

describe('scripts/ensureDocker.mjs', () => {
  it('says that Docker is not installed', async () => {
    const state = await dockerState({ program: '/nowhere/docker' });
    assert.deepEqual(state, { ok: false, sentence: 'Docker is not installed: see https://docs.docker.com/get-started/get-docker/.' });
  });

  it('says that the daemon does not answer', async function () {
    needs(this, 'docker');
    const { code, output } = await script('ensureDocker.mjs', [], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    assert.equal(code, 1);
    assert.match(output, /^The Docker daemon does not answer: start .*\.$/);
  });

  it('says that the daemon answers, and which', async function () {
    needs(this, 'docker');
    const { code, output } = await script('ensureDocker.mjs', []);
    assert.equal(code, 0);
    assert.match(output, /^Docker \d+\S* answers\.$/);
  });
});

describe('scripts/ensureImage.mjs', () => {
  it('says that the image is missing', async function () {
    needs(this, 'docker');
    const { code, output } = await script('ensureImage.mjs', ['--tag', 'tmux-agents-nobody-made-this:1']);
    assert.deepEqual({ code, output }, { code: 1, output: 'The image tmux-agents-nobody-made-this:1 is missing: build it with docker/build.sh.' });
  });

  it('says that an image was made from something else', async function () {
    needs(this, 'docker', 'image');
    // An image without the label stands for one from an older docker folder.
    await run('sh', ['-c', 'head -c 1024 /dev/zero | docker import - tmux-agents-test-outdated:1']);
    try {
      const { code, output } = await script('ensureImage.mjs', ['--tag', 'tmux-agents-test-outdated:1']);
      assert.equal(code, 1);
      assert.match(output, /is not made from the docker\/ folder as it is now/);
    } finally {
      await run('docker', ['image', 'rm', 'tmux-agents-test-outdated:1']);
    }
  });

  it('refuses arguments it does not know', async () => {
    const { code, output } = await script('ensureImage.mjs', ['--tga', 'x']);
    assert.equal(code, 2);
    assert.match(output, /^Unknown arguments: --tga x/);
  });
});
