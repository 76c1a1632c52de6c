// What the engine's faults are turned into: a reason, a sentence, a way out.
import assert from 'node:assert/strict';
import { createError, engineError } from '../../../../src/runtimes/docker/engineErrors.ts';

const url = 'unix:///var/run/docker.sock';
const about = { image: 'tmux-agents-base:latest', name: 'tmux-agents-a1', url, workingDirectory: '/work dir' };

/** As dockerode throws it. */
function answer(statusCode: number, words: string): Error {
  return Object.assign(new Error(`(HTTP code ${statusCode}) some reason - ${words} `), { statusCode });
}

function system(code: string): Error {
  return Object.assign(new Error(`connect ${code} /var/run/docker.sock`), { code });
}

describe('errors of the Docker engine', () => {
  it('say that the daemon is not reachable, and how to start it', () => {
    for (const code of ['ENOENT', 'ECONNREFUSED', 'ECONNRESET']) {
      const error = engineError(system(code), { url, what: 'list containers' });
      assert.equal(error.reason, 'docker-unavailable');
      assert.match(error.message, /^Docker daemon is not reachable at unix:\/\/\/var\/run\/docker\.sock: /);
      assert.match(error.hint ?? '', /Docker Desktop.*systemctl start docker/);
    }
  });

  it('speak of the docker group where permission is denied', () => {
    const error = engineError(system('EACCES'), { url, what: 'list containers' });
    assert.equal(error.reason, 'docker-unavailable');
    assert.match(error.message, /permission denied/);
    assert.match(error.hint ?? '', /docker group/);
  });

  it("keep the engine's own words and the cause", () => {
    const cause = answer(500, 'disk is full.');
    const error = engineError(cause, { url, what: 'start the container' });
    assert.equal(error.reason, 'docker-failed');
    assert.equal(error.message, 'Docker cannot start the container: disk is full.');
    assert.equal(error.cause, cause);
  });

  it('name the missing image and how to build it', () => {
    for (const words of ['No such image: tmux-agents-base:latest', 'tmux-agents-base:latest: image not known']) {
      const error = createError(answer(404, words), about);
      assert.equal(error.reason, 'image-missing');
      assert.equal(error.message, 'image not found: tmux-agents-base:latest');
      assert.match(error.hint ?? '', /cd docker && \.\/build\.sh/);
      assert.match(error.hint ?? '', /Build Docker Image/);
    }
  });

  it('name the container whose name is taken', () => {
    const error = createError(answer(409, 'Conflict. The container name "/tmux-agents-a1" is already in use'), about);
    assert.equal(error.reason, 'name-taken');
    assert.match(error.message, /tmux-agents-a1/);
    const podman = createError(answer(500, 'container create: the container name "tmux-agents-a1" is already in use by 8b8a.'), about);
    assert.equal(podman.reason, 'name-taken');
  });

  it('tell a missing folder from a missing mount', () => {
    const folder = createError(answer(400, 'invalid mount config for type "bind": bind source path does not exist: /work dir'), about);
    assert.equal(folder.reason, 'folder-missing');
    const mount = createError(answer(400, 'invalid mount config for type "bind": bind source path does not exist: /data'), about);
    assert.equal(mount.reason, 'docker-failed');
    assert.match(mount.message, /^Failed to mount \/data/);
    const podman = createError(answer(500, 'statfs /work dir: no such file or directory'), about);
    assert.equal(podman.reason, 'folder-missing');
  });
});
