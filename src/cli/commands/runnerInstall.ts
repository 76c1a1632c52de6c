// `tmux-agents runner install-service`: a systemd unit of the user's own that keeps the runner running.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { ExitCode } from '../exitCodes.ts';
import type { RunnerCommand, RunnerOptions } from '../runnerProgram.ts';

export interface InstallOptions extends RunnerOptions {
  readonly print?: boolean;
}

const UNIT = 'sibyl-runner.service';

export const installService: RunnerCommand<InstallOptions> = async ({ around, output }, { config, print = false }) => {
  const [{ homeOf, runnerConfigPath, textIn }, { isRegistered, readDaemonSettings }] = await Promise.all([import('../../runner/daemon/settings/configPath.ts'), import('../../runner/daemon/settings/daemonSettings.ts')]);
  const settings = readDaemonSettings(runnerConfigPath(config, around.env, around.cwd), around.env);
  const unit = unitText({ argv: [process.execPath, ...process.execArgv, process.argv[1] ?? '', ...(around.program === 'sibyl-runner' ? [] : ['runner']), 'run', '--config', settings.path], path: around.env['PATH'] ?? '', drainSeconds: settings.drainSeconds });
  if (print) {
    output.answer({ unit }, () => unit);
    return ExitCode.OK;
  }
  const path = join(textIn(around.env, 'XDG_CONFIG_HOME') ?? join(homeOf(around.env), '.config'), 'systemd', 'user', UNIT);
  const before = readText(path);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, unit, { mode: 0o644 });
  } catch (error) {
    throw new AgentsError('folder-unwritable', `The unit ${path} cannot be written: ${messageOf(error)}.`, { hint: 'See it with --print, and put it where it belongs.', cause: error });
  }
  const commands = ['systemctl --user daemon-reload', `systemctl --user enable --now ${UNIT}`, `loginctl enable-linger ${userInfo().username}`];
  output.answer({ path, unit, commands, replaced: before !== undefined && before !== unit }, () =>
    [
      `${before === undefined ? 'Written' : before === unit ? 'Unchanged' : 'Replaced'}: ${path}`,
      ...(isRegistered(settings) ? [] : ['This machine is not registered yet: tmux-agents runner register --server URL']),
      'Start it, now and with each login:',
      ...commands.slice(0, 2).map((command) => `  ${command}`),
      'So that it also runs while you are not logged in:',
      ...commands.slice(2).map((command) => `  ${command}`),
    ].join('\n'),
  );
  return ExitCode.OK;
};

export interface UnitParts {
  readonly argv: readonly string[];
  /** Where agents' CLIs are found. */
  readonly path: string;
  readonly drainSeconds: number;
}

/** Agents outlive it: only the runner itself is ended, and it has time to drain. A refused one is not started for ever. */
export function unitText({ argv, path, drainSeconds }: UnitParts): string {
  return `[Unit]
Description=Sibyl runner of tmux-agents
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=600
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${argv.map((each) => word(each)).join(' ')}
Environment=${word(`PATH=${path}`, false)}
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2 3 5
KillMode=process
TimeoutStopSec=${Math.ceil(drainSeconds) + 15}
UMask=0077

[Install]
WantedBy=default.target
`;
}

/** As systemd reads it: `%` and (in commands) `$` mean something, and blanks part words. */
function word(text: string, isCommand = true): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  const plain = isCommand ? escaped.replaceAll('$', '$$$$') : escaped;
  return /^[A-Za-z0-9_./:=,@+-]+$/.test(text) ? text : `"${plain}"`;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
