// Follows the logs of one conversation: each look reads only what was added since the last one.
import { stat } from 'node:fs/promises';
import { fileLines } from '../../base/fileLines.ts';
import { claudeTranscript } from './claudeTranscript.ts';
import { codexTranscript } from './codexTranscript.ts';
import { geminiTranscript } from './geminiTranscript.ts';
import { addTokens, noTokens, type TokenUsage, type TranscriptFormat, type TranscriptReader } from './transcript.ts';

/** By provider id. */
export const transcriptFormats: Readonly<Record<string, TranscriptFormat>> = { claude: claudeTranscript, codex: codexTranscript, gemini: geminiTranscript };

interface Followed {
  readonly reader: TranscriptReader;
  /** Bytes read so far: whole lines. */
  read: number;
}

export class TranscriptUsage {
  readonly #format: TranscriptFormat;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #files = new Map<string, Followed>();
  #looking: Promise<TokenUsage | undefined> | undefined;

  /** `env` is the CLI's environment: it says where its home is. */
  constructor(format: TranscriptFormat, env: Readonly<Record<string, string | undefined>>) {
    this.#format = format;
    this.#env = env;
  }

  /** What was used so far in these conversations, all of one agent; undefined while there is no log. */
  look(conversations: readonly string[]): Promise<TokenUsage | undefined> {
    // One after the other: two would read the same lines twice.
    const before = this.#looking?.catch(() => undefined) ?? Promise.resolve(undefined);
    this.#looking = before.then(() => this.#look(conversations));
    return this.#looking;
  }

  async #look(conversations: readonly string[]): Promise<TokenUsage | undefined> {
    let total: TokenUsage | undefined;
    for (const conversation of conversations) {
      for (const path of await this.#format.files(this.#env, conversation)) total = addTokens(total ?? noTokens, await this.#readOn(path));
    }
    return total;
  }

  async #readOn(path: string): Promise<TokenUsage> {
    let file = this.#files.get(path);
    const size = await stat(path).then((about) => about.size, () => 0);
    // Written anew.
    if (file === undefined || size < file.read) this.#files.set(path, (file = { reader: this.#format.reader(), read: 0 }));
    if (size > file.read) {
      for await (const line of fileLines(path, { start: file.read })) {
        file.reader.line(line);
        file.read += Buffer.byteLength(line) + 1;
      }
    }
    return file.reader.usage;
  }
}
