// Answers to waiting agents: Approve, Deny, Always, Answer Question; and the inbox that lists them.
import * as vscode from 'vscode';
import * as z from 'zod';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { Answer, PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { oneAgent } from '../agentArgument.ts';
import { agentKey } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import { askAnswer, askInbox } from '../inbox/inboxPicker.ts';
import { headline, needsLook, riskWords, wholeStory, wish } from '../inbox/inboxWords.ts';
import type { CommandHandler, Services } from '../services.ts';
import { laidOpen, oneLine } from '../shownText.ts';

/** What names a request itself: a notification, the inbox, a caller. Everything else names an agent. */
const Target = z.object({ approvalId: z.string(), since: z.number().optional() });

interface Wanted {
  readonly approval: PendingApproval;
  /** An agent's row does not say which request its click was meant for. */
  readonly named: 'request' | 'agent';
}

export const approve = unlessAnswered(async (services, ...args) => {
  const { approval, named } = await wanted(services, args, ({ answers }) => answers.approve, 'Approve what which agent wants?');
  if (needsLook(approval, named, Date.now())) await look(approval, 'Approve');
  return answer(services, approval, { type: 'approve' });
});

export const alwaysApprove = unlessAnswered(async (services, ...args) => {
  const { approval } = await wanted(services, args, ({ answers }) => answers.always, 'Always approve what which agent wants?');
  await look(approval, 'Always Approve');
  return answer(services, approval, { type: 'always' });
});

export const deny = unlessAnswered(async (services, ...args) => {
  const { approval } = await wanted(services, args, ({ answers }) => answers.deny, 'Deny what which agent wants?');
  return answer(services, approval, { type: 'deny' });
});

/** The second argument may be the note: then nothing is asked. */
export const denyWithNote = unlessAnswered(async (services, ...args) => {
  const { approval } = await wanted(services, args, ({ answers }) => answers.note, 'Deny what which agent wants?');
  const note = typeof args[1] === 'string' ? args[1] : await askText(`Deny: ${wish(approval)}`, 'What should it do instead?');
  return answer(services, approval, { type: 'deny', note });
});

/** The second argument may be the answer, an option's number or label or a text: then nothing is asked. */
export const answerQuestion = unlessAnswered(async (services, ...args) => {
  const { approval } = await wanted(services, args, ({ kind, answers }) => kind === 'question' || answers.options.length > 0, 'Answer the question of which agent?');
  const given = args[1];
  if (typeof given === 'number') return answer(services, approval, { type: 'option', option: given });
  if (typeof given === 'string') return answer(services, approval, isOption(approval, given) ? { type: 'option', option: given } : { type: 'text', text: given });
  return answer(services, approval, await askQuestion(approval));
});

/** The terminal of an agent that waits, from a notification or the inbox. */
export const openWaiting = unlessAnswered(async (services, ...args) => {
  const { approval } = await wanted(services, args, () => true, 'Open the terminal of which agent?');
  await vscode.commands.executeCommand(Commands.attach, { key: agentKey(approval.agent) });
});

export const inbox: CommandHandler = async (services) => {
  await services.fleet.start();
  if (services.fleet.pending.length === 0) return void vscode.window.setStatusBarMessage('$(check) No agent waits for you.', 4_000);
  const { command, target } = await askInbox(services.fleet);
  const approval = services.fleet.pending.find((candidate) => candidate.id === target.approvalId && candidate.since === target.since);
  if (command === '' && approval === undefined) throw gone();
  const chosen = command === '' && approval !== undefined ? await askAnswer(approval) : command;
  const argument = chosen === Commands.explainStatus && approval !== undefined ? { key: agentKey(approval.agent) } : target;
  return vscode.commands.executeCommand(chosen, argument);
};

/** The request that a command is about. Throws `answered-already` when the named one does not wait any more. */
async function wanted(services: Services, args: readonly unknown[], takes: (approval: PendingApproval) => boolean, placeHolder: string): Promise<Wanted> {
  await services.fleet.start();
  const target = Target.safeParse(args[0]);
  if (target.success) {
    const { approvalId, since } = target.data;
    const approval = services.fleet.pending.find((candidate) => candidate.id === approvalId && (since === undefined || since === candidate.since));
    if (approval === undefined) throw gone();
    return { approval: checked(approval, takes), named: 'request' };
  }
  const waits = new Map(services.fleet.pending.filter(takes).map((approval) => [agentKey(approval.agent), approval]));
  const [only] = waits.values();
  // From the palette, with one agent that waits, there is nothing to choose; it is looked at before it is approved.
  if (args[0] === undefined && only !== undefined && waits.size === 1) return { approval: only, named: 'agent' };
  const agent = await oneAgent(services, args.slice(0, 1), { placeHolder, accept: (candidate) => waits.has(agentKey(candidate)) });
  const approval = services.fleet.pending.find((candidate) => agentKey(candidate.agent) === agentKey(agent));
  if (approval === undefined) throw gone(agent.name);
  return { approval: checked(approval, takes), named: 'agent' };
}

function checked(approval: PendingApproval, takes: (approval: PendingApproval) => boolean): PendingApproval {
  if (takes(approval)) return approval;
  throw new AgentsError('unsupported', `${headline(approval)}. It cannot be answered in this way.`, { hint: 'Open its terminal and answer there.' });
}

function gone(name?: string): AgentsError {
  return new AgentsError('answered-already', name === undefined ? 'This was answered already.' : `${name} does not wait any more.`);
}

/** Shows all of the request; throws `cancelled` unless the person goes on. */
async function look(approval: PendingApproval, verb: string): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(oneLine(headline(approval)), { modal: true, detail: wholeStory(approval) }, verb);
  if (chosen !== verb) throw cancelled();
}

async function answer(services: Services, approval: PendingApproval, given: Answer): Promise<void> {
  const answered = await services.fleet.use((_manager, { approvals }) => approvals.answer(approval, given));
  const rule = answered.ruleAdded ? ', and the next ones like it' : '';
  vscode.window.setStatusBarMessage(`$(check) ${done[given.type]}: ${headline(approval)}${rule}`, 5_000);
}

/** Somebody else was faster, or the dialog is another one by now: no failure of anybody's. */
function unlessAnswered(handler: CommandHandler): CommandHandler {
  return async (services, ...args) => {
    try {
      return await handler(services, ...args);
    } catch (error) {
      if (!isAgentsError(error, 'answered-already') && !isAgentsError(error, 'stale')) throw error;
      services.log.info(error.message);
      vscode.window.setStatusBarMessage(`$(info) Nothing was sent. ${oneLine(error.message)}`, 8_000);
      return undefined;
    }
  };
}

const done: Readonly<Record<Answer['type'], string>> = { approve: 'Approved', always: 'Always approved', deny: 'Denied', option: 'Answered', text: 'Answered' };

interface OptionPick extends vscode.QuickPickItem {
  readonly number: number | undefined;
}

async function askQuestion(approval: PendingApproval): Promise<Answer> {
  const { answers, text } = approval;
  const title = oneLine(`${approval.agent.name}: ${text}`, 300);
  const options: OptionPick[] = answers.options.map(({ number, label }) => ({ label: `${number}. ${oneLine(label)}`, number }));
  if (answers.text) options.push({ label: '$(edit) Another answer…', number: undefined, alwaysShow: true });
  if (options.length === 0) throw new AgentsError('unsupported', `The answers that ${approval.agent.name} takes are not known.`, { hint: 'Open its terminal and answer there.' });
  const chosen = options.length === 1 && options[0]?.number === undefined ? options[0] : await vscode.window.showQuickPick(options, { title, placeHolder: riskWords(approval) || 'Which answer?' });
  if (chosen === undefined) throw cancelled();
  return chosen.number === undefined ? { type: 'text', text: await askText(title, 'The answer') } : { type: 'option', option: chosen.number };
}

function isOption({ answers }: PendingApproval, label: string): boolean {
  return answers.options.some((option) => option.label === label);
}

async function askText(title: string, prompt: string): Promise<string> {
  const text = await vscode.window.showInputBox({ title: laidOpen(title), prompt, ignoreFocusOut: true, validateInput: (value) => (value.trim() === '' ? 'Write something, or press Escape.' : undefined) });
  if (text === undefined) throw cancelled();
  return text;
}
