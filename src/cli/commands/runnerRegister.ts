// `tmux-agents runner register`: makes this machine known to a hub, and writes down what the runner needs to connect.
import { hostname } from 'node:os';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { ask } from '../askPerson.ts';
import { ExitCode } from '../exitCodes.ts';
import type { Surroundings } from '../face.ts';
import { packageVersion } from '../packageVersion.ts';
import { readRegularFile } from '../regularFile.ts';
import { readStandardInput } from '../standardInput.ts';
import type { RunnerCommand, RunnerFace, RunnerOptions } from '../runnerProgram.ts';

export interface RegisterOptions extends RunnerOptions {
  readonly server?: string;
  readonly name?: string;
  readonly maxAgents?: string;
  readonly capability?: readonly string[];
  readonly tokenFile?: string;
}

export const register: RunnerCommand<RegisterOptions> = async (face, options) => {
  const { around, output } = face;
  const [{ runnerConfigPath }, { parseServerUrl, readDaemonSettings }, { updateRunnerFile }, { registerRunner }] = await Promise.all([
    import('../../runner/daemon/settings/configPath.ts'),
    import('../../runner/daemon/settings/daemonSettings.ts'),
    import('../../runner/daemon/settings/runnerFile.ts'),
    import('../../runner/daemon/connection/registerRunner.ts'),
  ]);
  const path = runnerConfigPath(options.config, around.env, around.cwd);
  const before = readDaemonSettings(path, around.env);
  const serverUrl = options.server === undefined ? before.serverUrl : parseServerUrl(options.server);
  if (serverUrl === undefined) throw new AgentsError('bad-input', 'Which hub?', { hint: 'Name it: --server https://hub.example.com' });
  const name = (options.name ?? before.name).trim();
  if (name === '') throw new AgentsError('bad-input', 'The name is empty.');
  const maxAgents = options.maxAgents === undefined ? before.maxAgents : maxAgentsOf(options.maxAgents);
  const capabilities = [...(options.capability ?? before.capabilities)];
  if (/^http:\/\//.test(serverUrl) && !/^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/.test(serverUrl)) {
    output.warn(new AgentsError('internal', `What is said to ${serverUrl}, the token too, can be read on its way: there is no TLS.`, { hint: 'Use https:// where the hub has it.' }));
  }
  const token = await accessToken(face, serverUrl, options, before.serverUrl === serverUrl ? before.accessToken : undefined);
  const runner = await registerRunner({ serverUrl, token, signal: around.signal }, { name, hostname: hostname(), capabilities, max_concurrent_agents: maxAgents, client_version: `tmux-agents ${packageVersion()}`.slice(0, 32) });
  updateRunnerFile(path, {
    server_url: serverUrl,
    runner_id: runner.id,
    graph_runner_id: runner.graph_runner_id,
    name: runner.name,
    max_concurrent_agents: runner.max_concurrent_agents,
    capabilities: runner.capabilities,
    runner_token: runner.token,
    // A hub that gives runners no tokens of their own takes the person's.
    ...(runner.token === undefined ? { access_token: token } : before.serverUrl === serverUrl ? {} : { access_token: undefined }),
  });
  output.answer({ runnerId: runner.id, name: runner.name, serverUrl, config: path }, () =>
    [`Registered as "${runner.name}" (${runner.id}) with ${serverUrl}.`, `Written: ${path}`, `Start it: ${around.program === 'sibyl-runner' ? 'sibyl-runner' : 'tmux-agents runner'} run`].join('\n'),
  );
  return ExitCode.OK;
};

/** From the file that is named, the environment, the settings, standard input, or a person. Never from an argument, which every user of the machine can see. */
async function accessToken({ around }: RunnerFace, serverUrl: string, { tokenFile }: RegisterOptions, stored: string | undefined): Promise<string> {
  if (tokenFile !== undefined) return checked(await tokenIn(tokenFile), tokenFile);
  const given = around.env['SIBYL_ACCESS_TOKEN']?.trim() || stored;
  if (given !== undefined) return checked(given, 'SIBYL_ACCESS_TOKEN or runner.yaml');
  if (!around.stdin.isTTY) {
    const piped = (await readStandardInput(around.stdin, around.signal)).trim();
    if (piped !== '') return checked(piped, 'standard input');
    throw new AgentsError('bad-input', 'There is no access token for the hub.', { hint: 'Give it by --token-file FILE, SIBYL_ACCESS_TOKEN or standard input. The hub shows it under its settings, or after signing in.' });
  }
  return askedToken(around, serverUrl);
}

async function askedToken(around: Surroundings, serverUrl: string): Promise<string> {
  const name = (await ask(around, `User name at ${serverUrl} (empty: an access token): `)).trim();
  if (name === '') return checked((await ask(around, 'Access token: ', { secret: true })).trim(), 'what was typed');
  const password = await ask(around, 'Password: ', { secret: true });
  const { signIn } = await import('../../runner/daemon/connection/registerRunner.ts');
  return signIn({ serverUrl, signal: around.signal }, { name, password });
}

async function tokenIn(path: string): Promise<string> {
  try {
    return (await readRegularFile(path, 'The token file')).trim();
  } catch (error) {
    if (isAgentsError(error)) throw error;
    throw new AgentsError('not-found', `The token file ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

/** What can be sent in a header. */
function checked(token: string, source: string): string {
  if (/^[\u0021-\u007e]+$/.test(token)) return token;
  throw new AgentsError('bad-input', `There is no token in ${source}: it is one word of letters, digits and signs.`);
}

function maxAgentsOf(word: string): number {
  const count = Number(word);
  if (Number.isInteger(count) && count >= 1 && count <= 20) return count;
  throw new AgentsError('bad-input', `"${word}" is no number of agents.`, { hint: 'It is 1 to 20.' });
}
