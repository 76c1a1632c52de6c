// `tmux-agents approve`, `deny` and `answer`: one person's answer to what one agent asks.
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import type { Managed } from '../../runner/createRuntimeManager.ts';
import type { RuntimeListing } from '../../runtimes/runtimeManager.ts';
import type { Answer, Answered, PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { SessionLog } from '../../sessions/policy/sessionLog.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions, type Face } from '../face.ts';
import { approvalJson, pendingOf } from './approvals.ts';

export interface ApproveOptions extends CommonOptions {
  readonly always?: boolean;
}

export interface DenyOptions extends CommonOptions {
  readonly note?: string;
}

export const approve: Command<ApproveOptions> = (face, options, [wanted = '']) => give(face, options, wanted, () => ({ type: options.always === true ? 'always' : 'approve' }));

export const deny: Command<DenyOptions> = (face, options, [wanted = '']) => {
  const note = options.note?.trim();
  if (note === '') throw new AgentsError('bad-input', '--note: the note is empty.', { hint: 'Leave it out, or say something.' });
  return give(face, options, wanted, () => ({ type: 'deny', ...(note === undefined ? {} : { note }) }));
};

/** A number or a label chooses an option; anything else is the answer in words, where the question takes that. */
export const answer: Command<CommonOptions> = (face, options, [wanted = '', ...words]) => {
  const text = words.join(' ').trim();
  if (text === '') throw new AgentsError('bad-input', 'The answer is empty.', { hint: 'Give the number or the label of an option, or a text.' });
  return give(face, options, wanted, ({ answers }) => {
    const chosen = answers.options.find(({ number, label }) => String(number) === text || label.toLowerCase() === text.toLowerCase());
    return chosen === undefined && answers.text ? { type: 'text', text } : { type: 'option', option: chosen?.number ?? text };
  });
};

function give(face: Face, options: CommonOptions, wanted: string, answerTo: (approval: PendingApproval) => Answer): Promise<number> {
  return withManager(
    face,
    options.runtime,
    async (managed) => {
      const approval = await findApproval(managed, await managed.manager.listByRuntime(), wanted);
      const given = await managed.approvals.answer(approval, answerTo(approval));
      face.output.answer({ ...approvalJson(approval), answer: given.answer, way: given.way, ruleAdded: given.ruleAdded, ...(given.note === undefined ? {} : { note: given.note }) }, () => answeredText(given));
      return ExitCode.OK;
    },
    // A key that was pressed is followed to its end.
    { tidiesUp: true },
  );
}

/** By the request's id, else by the agent's id or name. */
async function findApproval(managed: Managed, listings: readonly RuntimeListing[], wanted: string): Promise<PendingApproval> {
  const agent = agentOrNone(listings, wanted);
  if (agent !== undefined) {
    const [approval] = await pendingOf(managed, [{ runtimeId: agent.runtimeId, type: agent.runtimeType, agents: [agent] }]);
    if (approval !== undefined) return approval;
    const last = (await new SessionLog().latest(agent.agentId)).findLast(({ outcome }) => outcome === 'done');
    throw new AgentsError('answered-already', `${agent.agentId} waits for no answer.`, { hint: last === undefined ? 'See what waits with: tmux-agents approvals' : `Its last request was answered (${last.decision}) by ${last.by === 'policy' ? 'the policy' : last.who}, at ${last.at}.` });
  }
  const approval = (await pendingOf(managed, listings)).find(({ id }) => id === wanted);
  if (approval !== undefined) return approval;
  // Says which runtimes did not answer, and that there is none.
  findAgent(listings, wanted);
  throw new AgentsError('not-found', `There is no agent and no request "${wanted}".`, { hint: 'See what waits with: tmux-agents approvals' });
}

function agentOrNone(listings: readonly RuntimeListing[], wanted: string): ReturnType<typeof findAgent> | undefined {
  try {
    return findAgent(listings, wanted);
  } catch (error) {
    // Several of one name are an error for people; none may still be the id of a request.
    if (isAgentsError(error, 'bad-input')) throw error;
    return undefined;
  }
}

function answeredText({ approval, answer: given, ruleAdded, note }: Answered): string {
  const { agent } = approval;
  const what = approval.request.command ?? approval.request.path ?? approval.text;
  const short = what.length > 100 ? `${what.slice(0, 99)}…` : what;
  switch (given.type) {
    case 'approve':
      return `Approved for ${agent.agentId}: ${short}`;
    case 'always':
      return `Approved for ${agent.agentId}, from now on always: ${short}${ruleAdded ? ' (a rule of this session)' : ''}`;
    case 'deny':
      return `Denied to ${agent.agentId}: ${short}${note === undefined ? '' : note === 'with' ? ' (with the note)' : ' (the note followed as a prompt)'}`;
    case 'option':
    case 'text':
      return `Answered ${agent.agentId}.`;
  }
}
