// The auto-approval policy that was chosen for one agent: a small file of its own, shared by all faces of this machine.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Emitter, type Event } from '../../base/event.ts';
import { AgentPolicyFile, ApprovalPolicy, NO_POLICY } from '../../protocol/approvalPolicy.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { stateFault, writeStateJson } from '../../base/stateFile.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { readOwned } from './ownedFile.ts';

/** Whose policy: an agent of the same id that was made at another time has none of it. */
export type PolicyOwner = Pick<AgentInfo, 'agentId' | 'createdAt'>;

export class PolicyStore {
  readonly #folder: string;
  readonly #fallback: ApprovalPolicy;
  readonly #changed = new Emitter<PolicyOwner>();

  /** `fallback`: of agents for which nothing was chosen. */
  constructor({ folder = join(stateFolder(), 'policy'), fallback = NO_POLICY }: { readonly folder?: string; readonly fallback?: ApprovalPolicy } = {}) {
    this.#folder = folder;
    this.#fallback = fallback;
  }

  readonly onDidChange: Event<PolicyOwner> = this.#changed.event;

  /** What was chosen for this agent, or the fallback. Throws `bad-input` for a file that is damaged, `folder-unreadable` for one that cannot be read: nothing is approved by half a policy. */
  async of(agent: PolicyOwner): Promise<ApprovalPolicy> {
    return (await this.chosen(agent)) ?? this.#fallback;
  }

  /** What was chosen for this agent itself; undefined when nothing was. Throws `bad-input`. */
  async chosen(agent: PolicyOwner): Promise<ApprovalPolicy | undefined> {
    const file = await readOwned(this.#pathOf(agent), agent, (value) => AgentPolicyFile.parse(value), { what: 'The approval policy', hint: 'Choose it anew, or delete the file.' });
    return file?.policy;
  }

  /** Chooses a policy for this agent; undefined goes back to the fallback. Throws `folder-unwritable`; then the former one holds. */
  async choose(agent: PolicyOwner, policy: ApprovalPolicy | undefined): Promise<void> {
    const path = this.#pathOf(agent);
    if (policy === undefined) await this.#remove(agent, path);
    else {
      const file: AgentPolicyFile = { v: 1, agentId: agent.agentId, createdAt: agent.createdAt, policy: ApprovalPolicy.parse(policy) };
      writeStateJson(path, file, `The approval policy of "${agent.agentId}"`);
    }
    this.#changed.fire(agent);
  }

  /** Adds what a person allowed "always" to what is allowed already. */
  async add(agent: PolicyOwner, rule: Partial<ApprovalPolicy>): Promise<void> {
    await this.choose(agent, withRule(await this.of(agent), rule));
  }

  /** Removes what was chosen for an agent that goes; what belongs to another one of its id stays. Throws `bad-input`. */
  async forget(agent: PolicyOwner): Promise<void> {
    if ((await this.chosen(agent)) !== undefined) await this.choose(agent, undefined);
  }

  async #remove(agent: PolicyOwner, path: string): Promise<void> {
    await rm(path, { force: true }).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOTDIR')) throw stateFault(`That "${agent.agentId}" has no policy of its own any more`, this.#folder, error);
    });
  }

  #pathOf(agent: PolicyOwner): string {
    return join(this.#folder, `${agent.agentId}.json`);
  }
}

/** Both, each rule once. */
function withRule(policy: ApprovalPolicy, rule: Partial<ApprovalPolicy>): ApprovalPolicy {
  return {
    categories: [...new Set([...policy.categories, ...(rule.categories ?? [])])],
    commands: [...new Set([...policy.commands, ...(rule.commands ?? [])])],
    paths: policy.paths,
  };
}
