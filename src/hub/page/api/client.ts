// Calls the hub's REST from the page: what comes back is parsed, and what fails is a fault that can be shown.
import type * as z from 'zod';
import { HubFault } from '../../../protocol/hubWire/hubRest.ts';

/** Milliseconds after which a call counts as lost: longer than the hub waits for a runner. */
const DEADLINE_MS = 60_000;

/** A sentence for people, and what to do where something helps. */
export class PageFault extends Error {
  override readonly name = 'PageFault';
  /** 0: the hub was not reached. */
  readonly status: number;
  readonly hint: string | undefined;

  constructor(message: string, status: number, hint?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export interface CallOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export class ApiClient {
  readonly #onSignedOut: () => void;

  /** `onSignedOut`: a call was refused since nobody is signed in. */
  constructor(onSignedOut: () => void) {
    this.#onSignedOut = onSignedOut;
  }

  /** Throws a PageFault, or the signal's reason. */
  async call<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, schema: z.ZodType<T>, { body, signal }: CallOptions = {}): Promise<T> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(path, {
        method,
        credentials: 'same-origin',
        headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      text = await answer.text();
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw deadline.aborted ? new PageFault('The hub took too long to answer.', 0, 'Try again in a moment.') : new PageFault('The hub cannot be reached.', 0, 'Check that it runs and that you are connected; the page tries again by itself.');
    }
    const told = readJson(text);
    if (!answer.ok) throw this.#fault(answer, told);
    const parsed = schema.safeParse(told);
    if (!parsed.success) throw new PageFault('The hub answered something that this page does not understand.', answer.status, 'The hub may have been updated meanwhile: reload the page.');
    return parsed.data;
  }

  #fault(answer: Response, told: unknown): PageFault {
    const fault = HubFault.safeParse(told);
    if (answer.status === 401 && !new URL(answer.url).pathname.startsWith('/api/auth/')) this.#onSignedOut();
    if (fault.success) return new PageFault(fault.data.error, answer.status, fault.data.hint);
    return new PageFault(answer.status === 429 ? 'That was too often.' : `The hub failed (${answer.status}).`, answer.status, answer.status === 429 ? 'Wait a minute, then try again.' : undefined);
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
