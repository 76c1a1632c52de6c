// Is Docker there, and does its daemon answer? One sentence, and exit code 0 or 1. Node's built-ins only: it runs before `npm ci`.
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** How long the daemon may take to answer, in ms. */
const PATIENCE = 10_000;

const START = process.platform === 'linux' ? 'start it with "sudo systemctl start docker"' : 'start Docker Desktop';

/** Runs `docker` with argv. Never fails: the code is 127 when there is no such program, 124 when it took too long. */
export function docker(args, { program = process.env.DOCKER ?? 'docker', timeoutMs = PATIENCE } = {}) {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code === 'ENOENT' ? 127 : error.killed ? 124 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout: stdout.trim(), stderr: stderr.trim() });
    });
  });
}

/** Whether agents could run in Docker here: `{ ok, sentence }`. */
export async function dockerState(options = {}) {
  const { code, stdout, stderr } = await docker(['version', '--format', '{{.Server.Version}}'], options);
  if (code === 0 && stdout !== '') return { ok: true, sentence: `Docker ${stdout} answers.` };
  if (code === 127) return { ok: false, sentence: 'Docker is not installed: see https://docs.docker.com/get-started/get-docker/.' };
  if (code === 124) return { ok: false, sentence: `The Docker daemon took longer than ${(options.timeoutMs ?? PATIENCE) / 1000} s to answer: restart it.` };
  if (/permission denied/i.test(stderr)) return { ok: false, sentence: 'This user may not talk to the Docker daemon: join the group "docker" ("sudo usermod -aG docker $USER") and log in again.' };
  return { ok: false, sentence: `The Docker daemon does not answer: ${START}.` };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { ok, sentence } = await dockerState();
  console.log(sentence);
  process.exitCode = ok ? 0 : 1;
}
