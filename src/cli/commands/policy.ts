// `tmux-agents policy`: what one agent may do without asking a person; shown, chosen, or put back to the settings'.
import { AgentsError } from '../../base/errors.ts';
import { ApprovalPolicy, NO_POLICY } from '../../protocol/approvalPolicy.ts';
import { faultLines } from '../../protocol/config.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';

export interface PolicyOptions extends CommonOptions {
  readonly allow?: readonly string[];
  readonly command?: readonly string[];
  readonly path?: readonly string[];
  readonly off?: boolean;
  readonly reset?: boolean;
}

export const policy: Command<PolicyOptions> = (face, options, [wanted = '']) => {
  const chosen = chosenPolicy(options);
  return withManager(face, options.runtime, async ({ manager, approvals }) => {
    const agent = findAgent(await manager.listByRuntime(), wanted);
    const { policies } = approvals;
    if (options.reset === true) await policies.choose(agent, undefined);
    else if (chosen !== undefined) await policies.choose(agent, chosen);
    const own = await policies.chosen(agent);
    const now = await policies.of(agent);
    face.output.answer({ agentId: agent.agentId, policy: now, from: own === undefined ? 'settings' : 'agent' }, () => policyText(agent.agentId, now, own === undefined));
    return ExitCode.OK;
  });
};

/** What the options choose; undefined when they choose nothing. Throws `bad-input`. */
export function chosenPolicy({ allow, command, path, off, reset }: PolicyOptions): ApprovalPolicy | undefined {
  const chooses = allow !== undefined || command !== undefined || path !== undefined;
  if ([chooses, off === true, reset === true].filter(Boolean).length > 1) throw new AgentsError('bad-input', '--off, --reset and a choice exclude each other.', { hint: 'Give one of them.' });
  if (off === true) return NO_POLICY;
  return chooses ? parsePolicy({ categories: allow, commands: command, paths: path }) : undefined;
}

/** Categories may be given one by one or with commas between. Throws `bad-input` that names the fault. */
export function parsePolicy({ categories = [], commands = [], paths = [] }: { readonly categories?: readonly string[] | undefined; readonly commands?: readonly string[] | undefined; readonly paths?: readonly string[] | undefined }): ApprovalPolicy {
  const words = categories.flatMap((text) => text.split(',').map((word) => word.trim())).filter((word) => word !== '');
  const parsed = ApprovalPolicy.safeParse({ categories: [...new Set(words)], commands, paths });
  if (parsed.success) return parsed.data;
  throw new AgentsError('bad-input', `The policy is not valid: ${faultLines(parsed.error).join('; ')}.`, { cause: parsed.error });
}

function policyText(agentId: string, policy: ApprovalPolicy, fromSettings: boolean): string {
  const from = fromSettings ? ' (by the settings)' : '';
  if (policy.categories.length === 0 && policy.commands.length === 0) return `${agentId} asks a person for everything${from}.`;
  return [
    `${agentId} is answered without a person${from}:`,
    ...(policy.categories.length === 0 ? [] : [`  categories  ${policy.categories.join(', ')}`]),
    ...policy.commands.map((pattern) => `  command     ${pattern}`),
    ...policy.paths.map((path) => `  folder      ${path}`),
  ].join('\n');
}
