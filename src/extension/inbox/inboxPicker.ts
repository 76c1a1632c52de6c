// The inbox: all that waits, in a quick pick that follows what changes; answers are buttons on each row, and all of them one Enter away.
import * as vscode from 'vscode';
import { DisposableStore } from '../../base/disposable.ts';
import { cancelled } from '../../base/wait.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import type { PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { runtimeOf } from '../agentKey.ts';
import type { Fleet } from '../fleet.ts';
import { Commands } from '../ids.ts';
import { oneLine } from '../shownText.ts';
import { stateIcon } from '../tree/icons.ts';
import { runtimeLabel } from '../tree/model.ts';
import { requestKey, targetOf, type ApprovalTarget } from './announcements.ts';
import { countWords, riskWords, wish } from './inboxWords.ts';

interface AnswerButton extends vscode.QuickInputButton {
  readonly command: string;
}

interface InboxPick extends vscode.QuickPickItem {
  readonly approval: PendingApproval;
  readonly buttons: readonly AnswerButton[];
}

const button = (command: string, icon: string, tooltip: string): AnswerButton => ({ command, iconPath: new vscode.ThemeIcon(icon), tooltip });

/** The answers that a request takes, the likeliest first. */
function answerButtons({ answers, kind }: PendingApproval): AnswerButton[] {
  return [
    ...(answers.approve ? [button(Commands.approve, 'check', 'Approve')] : []),
    ...(kind === 'question' ? [button(Commands.answerQuestion, 'comment', 'Answer Question…')] : []),
    ...(answers.deny ? [button(Commands.deny, 'close', 'Deny')] : []),
    ...(answers.note ? [button(Commands.denyWithNote, 'comment-discussion', 'Deny with Note…')] : []),
    ...(answers.always ? [button(Commands.alwaysApprove, 'check-all', 'Always Approve for This Agent')] : []),
    button(Commands.openWaiting, 'terminal', 'Open Terminal'),
  ];
}

function pickOf(approval: PendingApproval, now: number): InboxPick {
  const { agent, kind, since } = approval;
  const about = [shortAge(new Date(since).toISOString(), now), agent.aiProvider, runtimeLabel(runtimeOf(agent)), riskWords(approval)];
  return {
    approval,
    label: oneLine(agent.name, 60),
    description: about.filter((part) => part !== '').join(' · '),
    detail: wish(approval),
    iconPath: stateIcon({ state: 'waiting', kind }),
    buttons: answerButtons(approval),
  };
}

/** What the person chose to do, as a command and the request it is for. Throws `cancelled` on Escape, or when nothing waits any more. */
export async function askInbox(fleet: Fleet): Promise<{ readonly command: string; readonly target: ApprovalTarget }> {
  const owned = new DisposableStore();
  const picker = owned.add(vscode.window.createQuickPick<InboxPick>());
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.placeholder = 'Enter shows all answers; the buttons answer at once';
  const show = (): void => {
    const now = Date.now();
    const before = picker.activeItems[0]?.approval;
    const items = fleet.pending.map((approval) => pickOf(approval, now));
    picker.items = items;
    picker.title = countWords(items.length);
    const active = items.find(({ approval }) => before !== undefined && requestKey(approval) === requestKey(before));
    if (active !== undefined) picker.activeItems = [active];
  };
  show();
  try {
    return await new Promise((resolve, reject) => {
      owned.add(
        fleet.onDidChange(() => {
          if (fleet.pending.length === 0) reject(cancelled());
          else if (isDifferent(fleet.pending, picker.items)) show();
        }),
      );
      owned.add(picker.onDidTriggerItemButton(({ button: pressed, item }) => resolve({ command: (pressed as AnswerButton).command, target: targetOf(item.approval) })));
      owned.add(picker.onDidAccept(() => picker.activeItems[0] !== undefined && resolve({ command: '', target: targetOf(picker.activeItems[0].approval) })));
      owned.add(picker.onDidHide(() => reject(cancelled())));
      picker.show();
    });
  } finally {
    owned.dispose();
  }
}

function isDifferent(pending: readonly PendingApproval[], items: readonly InboxPick[]): boolean {
  return pending.length !== items.length || JSON.stringify(pending) !== JSON.stringify(items.map(({ approval }) => approval));
}

/** All answers to one request, with its whole text above them. Throws `cancelled` on Escape. */
export async function askAnswer(approval: PendingApproval): Promise<string> {
  const items = answerButtons(approval).map(({ command, tooltip, iconPath }) => ({ label: tooltip ?? '', command, iconPath }));
  const more = [
    { label: 'Explain Status', command: Commands.explainStatus, iconPath: new vscode.ThemeIcon('eye') },
  ];
  const chosen = await vscode.window.showQuickPick([...items, ...more], { title: oneLine(`${approval.agent.name} ${wish(approval)}`, 300), placeHolder: riskWords(approval) || 'What should it be told?' });
  if (chosen === undefined) throw cancelled();
  return chosen.command;
}
