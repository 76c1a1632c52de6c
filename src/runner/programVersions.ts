// Which version of its CLI an agent runs: for rules that hold for some versions only, and for its journal. Asked once per place.
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { ProviderRegistry } from '../providers/providerRegistry.ts';
import type { RuleSet } from '../providers/status/screenRules.ts';
import type { RuntimeManager } from '../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../runtimes/types.ts';

export interface ProgramVersionsOptions {
  readonly manager: Pick<RuntimeManager, 'get'>;
  readonly providers: Pick<ProviderRegistry, 'find'>;
  readonly log: Log;
  /** Unix time in ms. */
  readonly now?: () => number;
}

/** Milliseconds after which a place that could not tell is asked again. */
const ASK_AGAIN_MS = 60_000;

interface Asked {
  /** Undefined until it was told, and where that failed. */
  readonly version: string | undefined;
  readonly answer: Promise<string | undefined>;
  /** Unix time in ms from which to ask again. */
  readonly until: number;
}

export class ProgramVersions {
  readonly #options: ProgramVersionsOptions;
  readonly #now: () => number;
  readonly #asked = new Map<string, Asked>();

  constructor(options: ProgramVersionsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** The version that the agent's place has, undefined until it has told and where nobody needs it: the next screen is then read with it. */
  of(agent: AgentInfo, rules: RuleSet | undefined): string | undefined {
    if (rules === undefined || !hasRanges(rules)) return undefined;
    return this.#look(agent).version;
  }

  /** The version that the agent's place has; undefined where it cannot tell. Never rejects. */
  tell(agent: AgentInfo): Promise<string | undefined> {
    return this.#look(agent).answer;
  }

  #look(agent: AgentInfo): Asked {
    const runtimeId = agent.handle.runtimeId ?? agent.runtimeId;
    const key = `${runtimeId}\0${agent.aiProvider}`;
    const known = this.#asked.get(key);
    if (known !== undefined && this.#now() < known.until) return known;
    const answer = this.#ask(runtimeId, agent.aiProvider);
    const asked: Asked = { version: undefined, answer, until: Infinity };
    this.#asked.set(key, asked);
    void answer.then((version) => this.#asked.set(key, { version, answer, until: version === undefined ? this.#now() + ASK_AGAIN_MS : Infinity }));
    return asked;
  }

  async #ask(runtimeId: string, aiProvider: string): Promise<string | undefined> {
    const { manager, providers, log } = this.#options;
    const provider = providers.find(aiProvider);
    const [program] = provider?.executables ?? [];
    if (provider === undefined || program === undefined) return undefined;
    try {
      const facts = await manager.get(runtimeId)?.findPrograms?.([{ program, version: provider.version }]);
      return facts?.get(program)?.version;
    } catch (error) {
      log.info(`The version of ${provider.label} in ${runtimeId} cannot be told: ${messageOf(error)}`);
      return undefined;
    }
  }
}

function hasRanges({ rules, titles, input }: RuleSet): boolean {
  return titles.some(({ versions }) => versions !== undefined) || [...rules, ...input].some(({ rule }) => rule.versions !== undefined);
}
