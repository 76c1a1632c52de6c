// What the engine's faults mean: dockerode's and the socket's errors as sentences with a way out. Pure.
import { AgentsError, isAgentsError, messageOf, type ErrorReason } from '../../base/errors.ts';

/** The HTTP status in an error of dockerode, or undefined when the engine gave no answer. */
export function statusOf(error: unknown): number | undefined {
  const carrier = isAgentsError(error) ? error.cause : error;
  return carrier instanceof Error && 'statusCode' in carrier && typeof carrier.statusCode === 'number' ? carrier.statusCode : undefined;
}

/** The engine's own words, without dockerode's frame around them. */
export function wordsOf(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) .*? - /, '')
    .trim()
    .replace(/\.$/, '');
}

/** Makes an AgentsError of what a call to the engine threw. `what` completes "cannot ...". */
export function engineError(error: unknown, about: { readonly url: string; readonly what: string }): AgentsError {
  if (isAgentsError(error)) return error;
  const status = statusOf(error);
  if (status === undefined) return unreachable(error, about.url);
  const words = wordsOf(error);
  const reason: ErrorReason = status === 404 ? 'not-found' : 'docker-failed';
  return new AgentsError(reason, `Docker cannot ${about.what}: ${words}.`, { cause: error });
}

function unreachable(error: unknown, url: string): AgentsError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EACCES' || code === 'EPERM') {
    return new AgentsError('docker-unavailable', `Docker daemon is not reachable at ${url}: permission denied.`, {
      hint: 'Add yourself to the docker group (`sudo usermod -aG docker $USER`), then log in again.',
      cause: error,
    });
  }
  const why: Record<string, string> = { ENOENT: 'there is no such socket', ECONNREFUSED: 'the connection was refused', ENOTFOUND: 'there is no such host' };
  return new AgentsError('docker-unavailable', `Docker daemon is not reachable at ${url}: ${why[code] ?? wordsOf(error)}.`, {
    hint: url.startsWith('ssh:') ? 'Check that ssh reaches that host without asking, and that `docker version` works there.' : 'Start Docker Desktop, or run `sudo systemctl start docker`.',
    cause: error,
  });
}

/** The engine took the connection and did not answer in time. */
export function unresponsive(url: string, what: string, timeoutMs: number): AgentsError {
  return new AgentsError('docker-unavailable', `Docker daemon does not answer at ${url}: no reply within ${timeoutMs} ms when asked to ${what}.`, {
    hint: 'Restart Docker Desktop, or run `sudo systemctl restart docker`.',
  });
}

/** True where a network was removed under somebody who was about to use it. */
export function isNetworkGone(error: unknown): boolean {
  return statusOf(error) === 404 && /network .*not found/i.test(wordsOf(error));
}

/** How many CPUs the engine has, when that is why it refused to create a container. */
export function mostCpus(error: unknown): number | undefined {
  const most = /Range of CPUs is from [\d.]+ to ([\d.]+)/.exec(wordsOf(error))?.[1];
  return most === undefined ? undefined : Number(most);
}

/** What a failed create call means for a spawn. */
export function createError(error: unknown, about: { readonly image: string; readonly name: string; readonly url: string; readonly workingDirectory: string }): AgentsError {
  const words = wordsOf(error);
  // Podman says it with status 500.
  const status = /container name .* is already in use/.test(words) ? 409 : statusOf(error);
  switch (status ?? 0) {
    case 404:
      if (!/no such image|image not known|not found/i.test(words)) break;
      return new AgentsError('image-missing', `image not found: ${about.image}`, {
        hint: 'Build it: run `./build.sh` in the docker folder (cd docker && ./build.sh), or the command "Build Docker Image".',
        cause: error,
      });
    case 409:
      return new AgentsError('name-taken', `There is already a container named ${about.name}.`, { hint: 'Choose another agent id, or kill that agent first.', cause: error });
    case 400:
    case 500: {
      // Docker: "bind source path does not exist: P"; Podman: "statfs P: no such file or directory".
      const missing = /bind source path does not exist: (?<path>.+)$|statfs (?<stat>.+): no such file/.exec(words)?.groups;
      const path = missing?.['path'] ?? missing?.['stat'];
      if (words.includes('catatonit')) {
        return new AgentsError('docker-failed', `Podman cannot create the container: ${words}.`, { hint: 'Install catatonit, the init that Podman gives its containers.', cause: error });
      }
      if (path === undefined) break;
      if (path === about.workingDirectory) return new AgentsError('folder-missing', `There is no folder ${path} on the Docker host.`, { cause: error });
      return new AgentsError('docker-failed', `Failed to mount ${path}: it does not exist on the Docker host.`, { hint: 'Ensure that it exists and is readable, or take it out of the settings.', cause: error });
    }
    default:
  }
  return engineError(error, { url: about.url, what: 'create the container' });
}
