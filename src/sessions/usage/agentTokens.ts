// The tokens of one agent, as its CLI tells them: from the logs in its home, or from its server. Undefined for CLIs that tell none that we know of.
import type { OpencodeServer } from '../../providers/status/opencodeServer.ts';
import { opencodeUsage } from './opencodeUsage.ts';
import { addTokens, noTokens, type TokenUsage } from './transcript.ts';
import { transcriptFormats, TranscriptUsage } from './transcriptUsage.ts';

export interface AgentTokensOptions {
  /** The provider's id. */
  readonly provider: string;
  /** The CLI's environment, as far as it says where its home is; of a container with a kept home `keptEnv` gives it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The CLI's own ids of the agent's conversations, asked at each look. */
  readonly conversations: () => readonly string[];
  /** Of opencode: the way to its server. */
  readonly opencode?: (() => Promise<Pick<OpencodeServer, 'messages'>>) | undefined;
}

/** A function to ask now and then; each look reads only what is new. Undefined where nothing can be known. */
export function agentTokens({ provider, env, conversations, opencode }: AgentTokensOptions): (() => Promise<TokenUsage | undefined>) | undefined {
  const format = transcriptFormats[provider];
  if (format !== undefined) {
    const transcripts = new TranscriptUsage(format, env);
    return () => transcripts.look(conversations());
  }
  if (provider !== 'opencode' || opencode === undefined) return undefined;
  return async () => {
    const ids = conversations();
    if (ids.length === 0) return undefined;
    const server = await opencode();
    const each = await Promise.all(ids.map(async (id) => opencodeUsage(await server.messages(id))));
    return each.reduce<TokenUsage>((sum, usage) => (usage === undefined ? sum : addTokens(sum, usage)), noTokens);
  };
}
