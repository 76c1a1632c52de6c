// What a CLI's own log of a conversation tells of tokens and cost: one format per CLI, as data; the lines are read by TranscriptUsage.
export interface TokenUsage {
  /** What the model was given, what was cached included. */
  readonly tokensIn: number;
  /** What it made, its reasoning included. */
  readonly tokensOut: number;
  readonly apiCalls: number;
  /** US dollars; undefined where the CLI tells none. */
  readonly costUsd?: number | undefined;
}

/** Takes a log's lines in order. */
export interface TranscriptReader {
  line(text: string): void;
  readonly usage: TokenUsage;
}

export interface TranscriptFormat {
  /** The environment is the CLI's: it says where its home is. Files that are not there yet may be later. */
  files(env: Readonly<Record<string, string | undefined>>, conversation: string): Promise<string[]>;
  reader(): TranscriptReader;
}

export const noTokens: TokenUsage = { tokensIn: 0, tokensOut: 0, apiCalls: 0 };

export function addTokens(a: TokenUsage, b: TokenUsage): TokenUsage {
  const costUsd = a.costUsd === undefined && b.costUsd === undefined ? undefined : (a.costUsd ?? 0) + (b.costUsd ?? 0);
  return { tokensIn: a.tokensIn + b.tokensIn, tokensOut: a.tokensOut + b.tokensOut, apiCalls: a.apiCalls + b.apiCalls, costUsd };
}

/** One reader of calls that are told under an id, perhaps more than once: the last word counts. */
export class CallsById {
  readonly #calls = new Map<string, TokenUsage>();

  set(id: string, call: Omit<TokenUsage, 'apiCalls'>): void {
    this.#calls.set(id, { ...call, apiCalls: 1 });
  }

  get usage(): TokenUsage {
    return [...this.#calls.values()].reduce(addTokens, noTokens);
  }
}
