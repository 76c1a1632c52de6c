// What a session's rules mean for where and how its agent is started.
import { AgentsError } from '../../base/errors.ts';
import type { PolicySpec } from '../../protocol/sessionConfig.ts';
import { policyGate } from '../../providers/policyGate.ts';
import type { Provider } from '../../providers/provider.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentConfig } from '../../runtimes/types.ts';

/** False for rules that say nothing: they cost each use of a tool a judgement for nothing. */
export function holdsRules({ shellAllowlist, shellDenylist, requiresApprovalFor, networkMode }: PolicySpec): boolean {
  return shellAllowlist.length > 0 || shellDenylist.length > 0 || requiresApprovalFor.length > 0 || networkMode === 'restricted';
}

/** The part of an agent's config that its rules are. */
export function ruledConfig(policy: PolicySpec | undefined): Pick<AgentConfig, 'policy' | 'network'> {
  if (policy === undefined || !holdsRules(policy)) return {};
  return { policy, ...(policy.networkMode === 'restricted' ? { network: { mode: 'restricted', allow: [] } } : {}) };
}

/** The runtime for a session under these rules: the wished one, or, for a restricted network, the first that can restrict it. Throws `unsupported` where none can: it is never let out instead. */
export function runtimeFor(policy: PolicySpec | undefined, manager: Pick<RuntimeManager, 'get' | 'runtimeIds'>, wished: string): string {
  if (policy?.networkMode !== 'restricted' || manager.get(wished)?.restrictsNetwork === true) return wished;
  const other = manager.runtimeIds.find((id) => manager.get(id)?.restrictsNetwork === true);
  if (other !== undefined) return other;
  throw new AgentsError('unsupported', `The session wants a restricted network, and no runtime here can restrict one (there are: ${manager.runtimeIds.join(', ') || 'none'}).`, { hint: 'Give the runner a Docker runtime ("runtimes": {"docker": {"type": "docker"}}), or let networkMode be "open".' });
}

/** Why these rules are not judged before the fact, in a sentence; undefined where they are. `ownArgv`: it runs another command line than the provider's. */
export function gateFault(policy: PolicySpec | undefined, provider: Provider, { ownArgv, isolated }: { readonly ownArgv: boolean; readonly isolated: boolean }): string | undefined {
  if (policy === undefined || !holdsRules({ ...policy, networkMode: 'open' })) return undefined;
  if (ownArgv) return 'It runs a command line of its own, which has no gate: only container isolation counts.';
  const { means, sentence } = policyGate(provider, { isolated });
  return means === 'none' ? sentence : undefined;
}
