// The rules (PolicySpec) that each agent was spawned under: a small file of each, shared by all faces of this machine.
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { stateFolder } from '../../base/stateFolder.ts';
import { PolicySpec } from '../../protocol/sessionConfig.ts';
import { readOwned } from './ownedFile.ts';
import type { PolicyOwner } from './policyStore.ts';

const RulesFile = z.object({ v: z.literal(1), agentId: z.string(), createdAt: z.string(), rules: PolicySpec });

export class SessionRules {
  readonly #folder: string;

  constructor(folder: string = stateFolder(process.env, 'rules')) {
    this.#folder = folder;
  }

  /** Undefined for an agent that was spawned without any, or by another machine. Throws `bad-input` for a file that is damaged. */
  async of(agent: PolicyOwner): Promise<PolicySpec | undefined> {
    const file = await readOwned(this.#pathOf(agent), agent, (value) => RulesFile.parse(value), { what: 'The rules', hint: 'Kill the agent and spawn it anew.' });
    return file?.rules;
  }

  async keep({ agentId, createdAt }: PolicyOwner, rules: PolicySpec): Promise<void> {
    const path = this.#pathOf({ agentId });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    await writeFile(draft, `${JSON.stringify({ v: 1, agentId, createdAt, rules })}\n`, { mode: 0o600 });
    await rename(draft, path);
  }

  /** Of an agent that goes; what belongs to another one of its id stays. */
  async forget(agent: PolicyOwner): Promise<void> {
    if ((await this.of(agent)) !== undefined) await rm(this.#pathOf(agent), { force: true });
  }

  /** Agent ids hold no character that could lead elsewhere. */
  #pathOf({ agentId }: Pick<PolicyOwner, 'agentId'>): string {
    return join(this.#folder, `${agentId}.json`);
  }
}
