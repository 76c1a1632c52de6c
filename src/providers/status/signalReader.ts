// What one agent's signals mean, by its provider: the sources' modules put together behind one door for the watch.
import type { AgentInfo } from '../../runtimes/types.ts';
import type { HookReport } from './hookReport.ts';
import type { Observation } from './observation.ts';
import type { OutputEvent } from './outputScanner.ts';
import type { Screen, ScreenMatch } from './screenTypes.ts';

export interface Reading {
  readonly observation?: Observation | undefined;
  /** For hooks: who reported, for whoever may answer it. */
  readonly report?: HookReport;
}

export interface SignalReader {
  /** False where nothing about this program is known: no rules, no sources. */
  readonly tells: boolean;
  readonly hasScreenRules: boolean;
  /** Reads what the agent's program wrote past the screen. Never fails. */
  read(agent: AgentInfo, event: OutputEvent, at: number): Reading | undefined;
  /** What the screen says; undefined is no evidence of anything. */
  match(screen: Screen): ScreenMatch | undefined;
}
