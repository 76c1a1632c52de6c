// What one agent's signals mean, by its provider: the sources' modules put together behind one door.
import type { AgentInfo } from '../../runtimes/types.ts';
import type { Provider } from '../provider.ts';
import { GateSource } from './gateSource.ts';
import { HookSource } from './hookSource.ts';
import { osc7501Observation } from './osc7501.ts';
import type { OutputEvent } from './outputScanner.ts';
import { matchScreen } from './screenMatch.ts';
import type { RuleSet } from './screenRules.ts';
import type { ScreenMatch } from './screenTypes.ts';
import type { Reading, SignalReader } from './signalReader.ts';
import { titleObservation } from './titleSource.ts';

export interface ReaderOptions {
  readonly provider: Provider | undefined;
  /** Asked each time: rules may change. */
  readonly rules: () => RuleSet | undefined;
  /** The CLI's version, asked each time: it may be told late. */
  readonly version?: () => string | undefined;
}

/** For one agent: its hooks' reports are read in order. */
export function providerReader({ provider, rules, version }: ReaderOptions): SignalReader {
  const hooks = new HookSource(provider?.id ?? '');
  const gates = new GateSource();
  const hasScreenRules = (): boolean => (rules()?.rules.length ?? 0) > 0;
  return {
    get tells() {
      return hasScreenRules() || (rules()?.titles.length ?? 0) > 0 || (provider?.signals?.sources.length ?? 0) > 0;
    },
    get hasScreenRules() {
      return hasScreenRules();
    },
    read(agent: AgentInfo, event: OutputEvent, at: number): Reading | undefined {
      switch (event.type) {
        case 'osc7501':
          return { observation: osc7501Observation(event.text, at) };
        case 'title': {
          const set = rules();
          return set === undefined ? undefined : { observation: titleObservation(set, event.text, at, version?.()) };
        }
        case 'hook':
          return gates.seen(hooks.take(agent.hookKey, event.text, at));
        case 'bell':
          return undefined;
      }
    },
    match(screen): ScreenMatch | undefined {
      const set = rules();
      if (set === undefined) return undefined;
      const known = version?.();
      return matchScreen(set, known === undefined ? screen : { ...screen, version: known });
    },
  };
}
