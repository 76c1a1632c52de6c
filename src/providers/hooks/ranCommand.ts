// The command that a hook's report says was run: of tools that take a command line, when they have ended.
import type { HookReport } from '../status/hookReport.ts';
import { hookMeanings } from './hookEvents.ts';
import { readPayload, requestOf } from './hookPayload.ts';

/** Undefined for every other report. Tools that edit files have a `command` of their own and name the file: they run none. */
export function ranCommand({ id, event, payload }: HookReport): string | undefined {
  if (!Object.hasOwn(hookMeanings, event) || hookMeanings[event] !== 'tool-ended') return undefined;
  const { command, path } = requestOf(id, readPayload(payload));
  return path === undefined && command?.trim() !== '' ? command : undefined;
}
