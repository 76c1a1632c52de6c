// Is the agents' image there, and made from the docker/ folder as it is now? `--build` makes it. Node's built-ins only.
import { execFile, spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { docker, dockerState } from './ensureDocker.mjs';

const HELP = `node scripts/ensureImage.mjs [--tag NAME] [--build [options of docker/build.sh]]

Says in one sentence whether the image is there and current; exit code 0 when it is. With --build an image that is
missing or outdated is built first, with the options after it, such as --bootstrap, --ca FILE, --agents "NAMES".
`;

export const IMAGE = 'tmux-agents-base:latest';
const CONTENT_LABEL = 'tmux-agents.image.content';
const script = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'docker', 'build.sh');

/** The fingerprint of what an image built now would be made from. */
function presentContent() {
  return new Promise((done, fail) => {
    execFile('sh', [script, '--print-content'], (error, stdout, stderr) => {
      if (error === null) done(stdout.trim());
      else fail(new Error(`docker/build.sh cannot run: ${stderr.trim() || error.message}`, { cause: error }));
    });
  });
}

/** `{ state, ok, sentence }`; state is `no-docker`, `missing`, `outdated` or `current`. */
export async function imageState({ tag = IMAGE } = {}) {
  const engine = await dockerState();
  if (!engine.ok) return { state: 'no-docker', ...engine };
  const { code, stdout, stderr } = await docker(['image', 'inspect', '--format', `{{index .Config.Labels "${CONTENT_LABEL}"}}`, tag]);
  if (code !== 0) {
    if (!/no such image/i.test(stderr)) return { state: 'no-docker', ok: false, sentence: `Docker could not be asked about the image ${tag}: ${stderr.split('\n').at(-1)}` };
    return { state: 'missing', ok: false, sentence: `The image ${tag} is missing: build it with docker/build.sh.` };
  }
  if (stdout !== (await presentContent())) return { state: 'outdated', ok: false, sentence: `The image ${tag} is not made from the docker/ folder as it is now: build it again with docker/build.sh.` };
  return { state: 'current', ok: true, sentence: `The image ${tag} is there and current.` };
}

/** Runs docker/build.sh with its output shown. Resolves with its exit code. */
export function buildImage({ tag = IMAGE, args = [] } = {}) {
  return new Promise((done, fail) => {
    const child = spawn('sh', [script, '--tag', tag, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', fail);
    child.once('close', (code) => done(code ?? 1));
  });
}

async function main(args) {
  const at = args.indexOf('--build');
  const own = at < 0 ? args : args.slice(0, at);
  const [flag, tag = IMAGE, ...rest] = own;
  if (flag === '--help') {
    console.log(HELP);
    return 0;
  }
  if (rest.length > 0 || (own.length > 0 && (flag !== '--tag' || own.length !== 2))) {
    console.error(`Unknown arguments: ${own.join(' ')}\n\n${HELP}`);
    return 2;
  }
  let found = await imageState({ tag });
  if (at >= 0 && (found.state === 'missing' || found.state === 'outdated')) {
    console.log(found.sentence);
    const code = await buildImage({ tag, args: args.slice(at + 1) });
    if (code !== 0) return code;
    found = await imageState({ tag });
  }
  console.log(found.sentence);
  return found.ok ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
