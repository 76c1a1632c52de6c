// `tmux-agents hub`: runs a hub until it is told to end. The hub is a bundle of its own, loaded here and nowhere else.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { waitFor } from '../../base/wait.ts';
import { ExitCode } from '../exitCodes.ts';
import type { Command, CommonOptions, Face } from '../face.ts';
import type { EmbeddedRunner, EmbeddedRunnerOptions } from '../embeddedRunner.ts';
import { daemonLog } from '../daemonLog.ts';
import { packageVersion } from '../packageVersion.ts';

export interface HubCommandOptions extends CommonOptions {
  readonly host: string;
  readonly port: string;
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly trustProxy?: string | true;
  /** False with --no-runner. */
  readonly runner?: boolean;
  readonly localRoot?: readonly string[];
}

/** Milliseconds that the hub's own runner has to come in before others are told that the hub is there. */
const RUNNER_MS = 20_000;
/** Node's own SQLite came with this one, without a flag. */
const NODE = [22, 13] as const;

/** Ends with 0 on SIGTERM or Ctrl-C, once everything is written. */
export const hub: Command<HubCommandOptions> = async (face, options, words) => {
  if (words[0] !== undefined) throw new AgentsError('bad-input', `"${words[0]}" is not expected here.`, { hint: 'A hub is told all by its options: see "tmux-agents hub --help".' });
  requireNode(process.versions.node);
  const { env, cwd, signal } = face.around;
  const tls = await tlsFiles(options, cwd);
  const testMode = env['E2E_TEST_MODE'] === 'true';
  const databaseUrl = options.databaseUrl ?? (env['DATABASE_URL'] || undefined);
  const jwtSecret = env['JWT_SECRET'] || undefined;
  // What the hub's own runner starts inherits this process's environment, and is to know neither.
  for (const name of ['DATABASE_URL', 'JWT_SECRET']) delete process.env[name];
  const { builtPage, ownRunnerCame, registerOwnRunner, startWholeHub } = await loadHub();
  warnOfExposure(face, options, { hasTls: tls !== undefined, testMode });
  const started = await startWholeHub(
    {
      host: options.host,
      port: portOf(options.port),
      dataFolder: options.data === undefined ? stateFolder(env, 'hub') : resolve(cwd, options.data),
      databaseUrl,
      tls,
      trustProxy: options.trustProxy,
      jwtSecret,
      testMode,
      pageFolder: builtPage(),
      localRoots: (options.localRoot ?? []).map((folder) => resolve(cwd, folder)),
      log: daemonLog(face.output),
    },
    { version: packageVersion() },
  );
  let runner: EmbeddedRunner | undefined;
  try {
    const { url, adminLink } = started;
    if (options.runner !== false) runner = await ownRunner(face, { url: reachable(url), certificate: tls?.cert, dataFolder: started.hub.options.dataFolder, register: (own) => registerOwnRunner(started.hub, own), came: (runnerId, over) => ownRunnerCame(started.hub, runnerId, over), env, version: packageVersion(), log: started.hub.log });
    if (!signal.aborted) face.output.answer({ url, adminLink: adminLink ?? null }, () => [`listening on ${url}`, ...(adminLink === undefined ? [] : [`There is no admin yet. Open this link to become it; it works once: ${adminLink}`])].join('\n'));
    await told(signal);
  } finally {
    await runner?.stop();
    await started.close();
  }
  return ExitCode.OK;
};

/** Throws `unsupported` where only VS Code's extension is: it brings the command, and no hub. */
async function loadHub() {
  try {
    return await import('../../hub/hubEntry.ts');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new AgentsError('unsupported', "This copy of tmux-agents is VS Code's extension's, which has no hub.", { hint: 'Run it of the package: see docs/hub.md.', cause: error });
  }
}

/** A hub without one is still a hub: what hinders it is told. */
async function ownRunner({ output, around: { signal } }: Face, options: EmbeddedRunnerOptions): Promise<EmbeddedRunner | undefined> {
  try {
    const { startEmbeddedRunner } = await import('../embeddedRunner.ts');
    const runner = await startEmbeddedRunner(options);
    if (runner !== undefined) await waitFor(runner.settled, { timeoutMs: RUNNER_MS, what: "the hub's own runner", signal }).catch((error: unknown) => !signal.aborted && options.log.warn(messageOf(error)));
    return runner;
  } catch (error) {
    output.warn(new AgentsError('internal', `The hub has no runner of its own: ${messageOf(error)}`, { hint: isAgentsError(error) && error.hint !== undefined ? error.hint : 'Other runners can connect all the same; --no-runner leaves it out.', cause: error }));
    return undefined;
  }
}

/** As this machine reaches what listens everywhere. */
function reachable(url: string): string {
  return url.replace('//localhost:', '//127.0.0.1:');
}

function told(signal: AbortSignal): Promise<void> {
  return new Promise((done) => void (signal.aborted ? done() : signal.addEventListener('abort', () => done(), { once: true })));
}

function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > NODE[0] || (major === NODE[0] && minor >= NODE[1])) return;
  throw new AgentsError('unsupported', `A hub needs Node ${NODE.join('.')} or later; this is ${version}.`, { hint: 'Run it with a newer Node, or as a container: see docs/hub.md.' });
}

function portOf(word: string): number {
  const port = Number(word);
  if (/^\d{1,5}$/.test(word) && port <= 65_535) return port;
  throw new AgentsError('bad-input', `"${word}" is not a port.`, { hint: 'A port is 1 to 65535; 0 is any that is free.' });
}

async function tlsFiles({ tlsCert, tlsKey }: HubCommandOptions, cwd: string): Promise<{ readonly cert: string; readonly key: string } | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new AgentsError('bad-input', 'TLS needs both a certificate and its key.', { hint: 'Give --tls-cert FILE and --tls-key FILE.' });
  const [cert, key] = await Promise.all([pemFile(resolve(cwd, tlsCert), 'certificate'), pemFile(resolve(cwd, tlsKey), 'key')]);
  return { cert, key };
}

async function pemFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new AgentsError('not-found', `There is no TLS ${what} ${path}.`, { hint: 'Both are PEM files.', cause: error });
    throw new AgentsError('bad-input', `The TLS ${what} ${path} cannot be read: ${code ?? message}.`, { hint: 'It must be a file that the user who runs the hub may read.', cause: error });
  }
}

function warnOfExposure({ output }: Face, { host, trustProxy }: HubCommandOptions, { hasTls, testMode }: { readonly hasTls: boolean; readonly testMode: boolean }): void {
  if (!isLoopback(host) && !hasTls && trustProxy === undefined) {
    output.warn(new AgentsError('internal', `On ${host} others can reach the hub, and read passwords and tokens on their way: there is no TLS.`, { hint: 'Give --tls-cert and --tls-key, or put a proxy with TLS before it and say --trust-proxy.' }));
  }
  if (testMode) output.warn(new AgentsError('internal', 'E2E_TEST_MODE is on: whoever reaches the hub may sign in as a test user, without a password.', { hint: 'Leave it out for anything but tests.' }));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
