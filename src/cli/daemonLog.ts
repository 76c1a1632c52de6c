// The log of a command that stays: lines with their time on standard error, for a journal or a person.
import type { Log } from '../base/log.ts';
import type { Output } from './output.ts';

/** Without what is for developers alone. */
export function daemonLog(output: Output): Log {
  const say = (level: string) => (message: string) => output.note(`${new Date().toISOString()} ${level} ${message}`);
  return { trace: () => undefined, debug: () => undefined, info: say('info'), warn: say('warning'), error: say('error') };
}
