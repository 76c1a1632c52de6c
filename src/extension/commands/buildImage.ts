// Build Docker Image: runs the package's docker/build.sh with its progress in a notification and its output in the log.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { Executor } from '../../exec/executor.ts';
import { LocalExecutor } from '../../exec/localExecutor.ts';
import { buildImage as build } from '../../runtimes/docker/imageBuild.ts';
import type { CommandHandler, Services } from '../services.ts';
import { readSettings } from '../settings.ts';
import type { Settings } from '../settingsSchema.ts';

interface AgentPick extends vscode.QuickPickItem {
  readonly npmPackage: string;
}

/** A caller may name the npm packages of agent CLIs to put in, `{ agents: [] }`: then nothing is asked. */
export const buildImage: CommandHandler = async (services, argument) => {
  const script = join(services.extensionPath, 'docker', 'build.sh');
  if (process.platform === 'win32') throw new AgentsError('unsupported', 'The image is built by a shell script, which Windows cannot run by itself.', { hint: 'Open the folder in WSL, or build docker/Dockerfile with "docker build".' });
  await access(script).catch(() => {
    throw new AgentsError('not-found', `The build script is missing: ${script}.`, { hint: 'Install the extension anew.' });
  });
  const agents = namedAgents(argument) ?? (await askAgents(services));
  const settings = readSettings();
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'Building the agents\' image', cancellable: true }, (progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    const options = {
      script,
      agents,
      image: settings['docker.image'] === '' ? undefined : settings['docker.image'],
      ca: settings['docker.buildCaCertificates'] === '' ? undefined : settings['docker.buildCaCertificates'],
      bootstrap: settings['docker.buildBootstrap'],
    };
    const onLine = (line: string): void => {
      services.log.info(`build: ${line}`);
      if (line.trim() !== '') progress.report({ message: line.trim().slice(0, 120) });
    };
    return build(executorFor(settings), options, onLine, controller.signal);
  });
  void vscode.window.showInformationMessage('The image is built: agents can run in Docker now.');
  await services.fleet.refresh();
};

function namedAgents(argument: unknown): string[] | undefined {
  if (typeof argument !== 'object' || argument === null || !('agents' in argument) || !Array.isArray(argument.agents)) return undefined;
  return argument.agents.filter((name) => typeof name === 'string');
}

async function askAgents({ fleet }: Services): Promise<string[]> {
  const items = (await fleet.providers()).all.flatMap((provider): AgentPick[] => (provider.npmPackage === undefined ? [] : [{ label: provider.label, description: provider.npmPackage, iconPath: new vscode.ThemeIcon(provider.icon), npmPackage: provider.npmPackage }]));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Build Docker Image', placeHolder: 'Which agents should be in the image? The demo needs none.', canPickMany: true, ignoreFocusOut: true });
  if (chosen === undefined) throw cancelled();
  return chosen.map(({ npmPackage }) => npmPackage);
}

/** Runs programs here, with the engine of the settings and the base image in their environment. */
function executorFor(settings: Settings): Executor {
  const local = new LocalExecutor();
  const host = settings['docker.host'] !== '' ? settings['docker.host'] : settings['docker.socketPath'] === '' ? '' : `unix://${settings['docker.socketPath']}`;
  const added = { BASE_IMAGE: settings['docker.buildBaseImage'], DOCKER_HOST: host, DOCKER_CONTEXT: settings['docker.context'], DOCKER: settings['docker.dockerPath'] };
  const env = Object.fromEntries(Object.entries({ ...process.env, ...Object.fromEntries(Object.entries(added).filter(([, value]) => value !== '')) }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  return {
    label: local.label,
    run: (argv, options) => local.run(argv, { ...options, env }),
    // With all that the script starts: cancelled, it takes its temporary folder along, and no build goes on behind it.
    open: (argv, options) => local.open(argv, { ...options, env, group: true }),
  };
}
