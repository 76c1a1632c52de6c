// A small file that belongs to one agent: one that was made at another time has no part in it.
import { readFile } from 'node:fs/promises';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { PolicyOwner } from './policyStore.ts';

interface Owned {
  readonly agentId: string;
  readonly createdAt: string;
}

/** Undefined where there is none, or it is another agent's. Throws `bad-input` for one that is damaged; `what` begins the sentence. */
export async function readOwned<T extends Owned>(path: string, agent: PolicyOwner, parse: (value: unknown) => T, { what, hint }: { readonly what: string; readonly hint: string }): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    const file = parse(JSON.parse(text));
    return file.agentId === agent.agentId && file.createdAt === agent.createdAt ? file : undefined;
  } catch (error) {
    throw new AgentsError('bad-input', `${what} of "${agent.agentId}" cannot be read: ${path}: ${messageOf(error)}`, { hint, cause: error });
  }
}
