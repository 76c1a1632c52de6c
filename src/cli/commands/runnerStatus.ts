// `tmux-agents runner status`: what the daemon on this machine says of itself, or that there is none.
import type { DaemonConnection, DaemonStatus } from '../../protocol/daemonStatus.ts';
import { ExitCode } from '../exitCodes.ts';
import { plainText } from '../plainText.ts';
import type { RunnerCommand, RunnerOptions } from '../runnerProgram.ts';

export const runnerStatus: RunnerCommand<RunnerOptions> = async ({ around, output }, { config }) => {
  const [{ daemonPlaces }, { askStatus }, { runnerConfigPath }, { isRegistered, readDaemonSettings }] = await Promise.all([
    import('../../runner/daemon/process/daemonPlaces.ts'),
    import('../../runner/daemon/process/statusSocket.ts'),
    import('../../runner/daemon/settings/configPath.ts'),
    import('../../runner/daemon/settings/daemonSettings.ts'),
  ]);
  const settings = readDaemonSettings(runnerConfigPath(config, around.env, around.cwd), around.env);
  const status = await askStatus(daemonPlaces(settings, around.env).socket);
  if (status !== undefined) {
    output.answer({ running: true, ...status }, () => linesOf(status, Date.now()).join('\n'));
    return ExitCode.OK;
  }
  const { path, serverUrl, runnerId, name, maxAgents, capabilities } = settings;
  const registered = isRegistered(settings);
  output.answer({ running: false, registered, config: path, serverUrl, runnerId, name, maxAgents, capabilities }, () =>
    [
      'The runner does not run.',
      `  settings  ${path}`,
      ...(registered ? [`  runner    ${plainText(name)} (${runnerId ?? ''})`, `  hub       ${serverUrl ?? ''}`, 'Start it: tmux-agents runner run'] : ['It is not registered. Register it: tmux-agents runner register --server URL']),
    ].join('\n'),
  );
  return ExitCode.UNAVAILABLE;
};

function linesOf(status: DaemonStatus, now: number): string[] {
  const { name, runnerId, serverUrl, capabilities, agents, errors } = status;
  return [
    `  runner    ${plainText(name)}${runnerId === undefined ? '' : ` (${plainText(runnerId)})`}${capabilities.length === 0 ? '' : `, ${plainText(capabilities.join(', '))}`}`,
    `  hub       ${serverUrl === undefined ? 'none yet' : plainText(serverUrl)}: ${connectionText(status.connection, now)}`,
    `  state     ${status.status}, ${status.agentCount} of ${status.maxAgents} agents`,
    ...(status.resultsWaiting === 0 ? [] : [`  results   ${status.resultsWaiting} wait for the hub`]),
    ...(status.tokenEndsAt === undefined ? [] : [`  token     ${status.tokenEndsAt > now ? `ends in ${duration(status.tokenEndsAt - now)}` : 'has ended'}`]),
    ...(status.tokenProblem === undefined ? [] : [`            ${plainText(status.tokenProblem)}`]),
    `  process   ${status.pid}, for ${duration(now - status.startedAt)}, version ${plainText(status.version)}`,
    `  settings  ${status.config}`,
    `  log       ${status.log}`,
    ...agents.map(({ sessionId, taskId, providerId, state, workspace }) => `  agent     ${plainText(sessionId)}  ${state}  ${plainText(providerId)}${taskId === undefined ? '' : `  task ${plainText(taskId)}`}${workspace === undefined ? '' : `  ${plainText(workspace)}`}`),
    ...errors.slice(-5).map(({ at, message }) => `  error     ${new Date(at).toISOString()} ${plainText(message)}`),
  ];
}

function connectionText(connection: DaemonConnection, now: number): string {
  switch (connection.state) {
    case 'unregistered':
      return 'not registered. Register this machine: sibyl-runner register --server URL';
    case 'connecting':
      return connection.attempt > 1 ? `connecting, attempt ${connection.attempt}` : 'connecting';
    case 'connected':
      return `connected for ${duration(now - connection.since)}${connection.extension ? '' : ', by the base protocol'}`;
    case 'waiting':
      return `not connected, again in ${duration(Math.max(0, connection.retryAt - now))}. ${plainText(connection.reason)}`;
    case 'refused':
      return `refused. ${plainText(connection.reason)}`;
  }
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
