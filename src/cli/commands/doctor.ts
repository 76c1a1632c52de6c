// `tmux-agents doctor`: what this machine has of what agents need, and what to do about the rest.
import { runDoctor, type DoctorCheck } from '../../runner/doctor.ts';
import { ExitCode } from '../exitCodes.ts';
import type { Command, CommonOptions } from '../face.ts';

const marks = { ok: ['green', '✔'], warn: ['yellow', '!'], fail: ['red', '✘'] } as const;

export const doctor: Command<CommonOptions> = async ({ config, around, output }) => {
  const checks = await runDoctor(config, { signal: around.signal, env: around.env });
  const failed = checks.some((check) => check.status === 'fail');
  const line = ({ status, title, message, fix }: DoctorCheck): string => {
    const [colour, mark] = marks[status];
    return `${output.paint(colour, mark)} ${title}: ${message}${fix === undefined ? '' : `\n    ${fix}`}`;
  };
  output.answer({ ok: !failed, checks }, () => checks.map(line).join('\n'));
  return failed ? ExitCode.FAILURE : ExitCode.OK;
};
