// `tmux-agents approvals`: what waits for a person, on which agent, since when, what it wants and how risky it is.
import type { Managed } from '../../runner/createRuntimeManager.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import type { RuntimeListing } from '../../runtimes/runtimeManager.ts';
import type { PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { ExitCode } from '../exitCodes.ts';
import { noteSilentRuntimes, withManager, type Command, type CommonOptions } from '../face.ts';
import { reportOf, type Output } from '../output.ts';
import { plainText } from '../plainText.ts';

/** Succeeds when at least one runtime answered, whether anything waits or not. */
export const approvals: Command<CommonOptions> = (face, options) =>
  withManager(face, options.runtime, async (managed) => {
    const { output } = face;
    const listings = await managed.manager.listByRuntime();
    const pending = await pendingOf(managed, listings);
    const errors = listings.flatMap(({ runtimeId, type, error }) => (error === undefined ? [] : [{ runtimeId, type, ...reportOf(error) }]));
    output.answer({ approvals: pending.map(approvalJson), errors }, () => (pending.length === 0 ? 'Nothing waits for you.' : pending.map((approval) => approvalText(approval, output, Date.now())).join('\n\n')));
    noteSilentRuntimes(output, listings);
    return listings.length > 0 && errors.length === listings.length ? ExitCode.UNAVAILABLE : ExitCode.OK;
  });

/** What waits on the agents that run. */
export function pendingOf({ approvals: inbox }: Managed, listings: readonly RuntimeListing[]): Promise<readonly PendingApproval[]> {
  return inbox.look(listings.flatMap(({ agents }) => agents).filter(({ status }) => status === 'running'));
}

/** An approval as scripts see it. */
export function approvalJson({ id, agent, kind, text, request, since, source, risk, answers }: PendingApproval): object {
  return { id, agentId: agent.agentId, runtimeId: agent.handle.runtimeId ?? agent.runtimeId, name: agent.name, aiProvider: agent.aiProvider, kind, text, request, since: new Date(since).toISOString(), source, risk, answers };
}

/** Some lines for people: whose, since when, what, why it is risky, and how to answer. */
function approvalText({ id, agent, kind, text, request, since, risk, answers }: PendingApproval, output: Output, now: number): string {
  const age = shortAge(new Date(since).toISOString(), now);
  const title = `${output.paint('bold', agent.agentId)}${agent.name === agent.agentId ? '' : ` (${plainText(agent.name)})`}  ${kind}, ${age === 'now' ? 'just now' : `since ${age}`}  [${id}]`;
  const wants = request.command ?? request.path;
  const lines = [
    title,
    ...indented(text),
    ...(wants === undefined || text.includes(wants) ? [] : indented(`${request.tool === undefined ? '' : `${request.tool}: `}${wants}`)),
    `  ${riskText(risk.level, output)}: ${plainText(risk.reasons.join('; '))}`,
    ...answers.options.map(({ number, label }) => `  ${number}. ${plainText(label)}`),
  ];
  return [...lines, output.paint('dim', `  ${howTo(agent.agentId, answers)}`)].join('\n');
}

function riskText(level: PendingApproval['risk']['level'], output: Output): string {
  return level === 'low' ? 'low risk' : output.paint(level === 'high' ? 'red' : 'yellow', `${level} risk`);
}

function howTo(agentId: string, answers: PendingApproval['answers']): string {
  const ways = [...(answers.approve ? [`approve ${agentId}`] : []), ...(answers.deny ? [`deny ${agentId}`] : []), ...(answers.options.length > 0 ? [`answer ${agentId} NUMBER${answers.text ? ' or TEXT' : ''}`] : [])];
  return (ways.length === 0 ? [`attach ${agentId}`] : ways).map((way) => `tmux-agents ${way}`).join('  |  ');
}

function indented(text: string): string[] {
  return text.split('\n').map((line) => `  ${plainText(line)}`);
}
