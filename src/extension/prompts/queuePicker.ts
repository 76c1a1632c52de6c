// The prompts that wait for one agent, in a quick pick that follows what changes: moved, sent now or removed by buttons on each row.
import * as vscode from 'vscode';
import { DisposableStore } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import type { QueuedPrompt } from '../../protocol/promptQueue.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { holdText } from '../../sessions/prompts/holdText.ts';
import type { PromptQueues, QueueView } from '../../sessions/prompts/promptQueues.ts';
import { oneLine } from '../shownText.ts';

type Act = 'up' | 'down' | 'now' | 'remove';

interface ActButton extends vscode.QuickInputButton {
  readonly act: Act;
}

interface QueuePick extends vscode.QuickPickItem {
  readonly prompt?: QueuedPrompt;
}

const button = (act: Act, icon: string, tooltip: string): ActButton => ({ act, iconPath: new vscode.ThemeIcon(icon), tooltip });

/** Shows the queue until it is closed; Enter on a prompt resolves with it, to be read whole. */
export async function showQueuePicker(agent: AgentInfo, prompts: PromptQueues): Promise<QueuedPrompt | undefined> {
  const owned = new DisposableStore();
  const picker = owned.add(vscode.window.createQuickPick<QueuePick>());
  picker.matchOnDetail = true;
  picker.title = `Prompts for ${oneLine(agent.name, 60)}`;
  const show = (): void => {
    const view = prompts.queueOf(agent);
    const active = picker.activeItems[0]?.prompt?.id;
    picker.items = itemsOf(view, Date.now());
    picker.placeholder = view.held === undefined ? 'Enter shows a prompt whole; the buttons move, send and remove it' : `The next one ${holdText(view.held)}`;
    const same = picker.items.find(({ prompt }) => prompt !== undefined && prompt.id === active);
    if (same !== undefined) picker.activeItems = [same];
  };
  show();
  try {
    return await new Promise<QueuedPrompt | undefined>((resolve) => {
      owned.add(prompts.onDidChange(({ agentId }) => agentId === agent.agentId && show()));
      owned.add(
        picker.onDidTriggerItemButton(({ button: pressed, item }) => {
          if (item.prompt === undefined) return;
          act(prompts, agent, item.prompt, (pressed as ActButton).act).then(show, (error: unknown) => {
            show();
            picker.title = messageOf(error);
          });
        }),
      );
      owned.add(picker.onDidAccept(() => picker.activeItems[0]?.prompt !== undefined && resolve(picker.activeItems[0].prompt)));
      owned.add(picker.onDidHide(() => resolve(undefined)));
      picker.show();
    });
  } finally {
    owned.dispose();
  }
}

async function act(prompts: PromptQueues, agent: AgentInfo, { id }: QueuedPrompt, what: Act): Promise<void> {
  const place = prompts.queueOf(agent).prompts.findIndex((prompt) => prompt.id === id) + 1;
  switch (what) {
    case 'up':
      return prompts.move(agent, id, place - 1);
    case 'down':
      return prompts.move(agent, id, place + 1);
    case 'now':
      return prompts.giveNow(agent, id);
    case 'remove':
      return prompts.remove(agent, id);
  }
}

function itemsOf({ prompts }: QueueView, now: number): QueuePick[] {
  if (prompts.length === 0) return [{ label: 'No prompts wait.' }];
  return prompts.map((prompt, index) => {
    const underWay = prompt.state === 'entering' || prompt.state === 'submitting';
    const buttons = underWay
      ? []
      : [
          ...(index > 0 ? [button('up', 'arrow-up', 'Move Up')] : []),
          ...(index < prompts.length - 1 ? [button('down', 'arrow-down', 'Move Down')] : []),
          button('now', 'send', prompt.state === 'failed' ? 'Try Again Now' : 'Send Now, Even While It Works'),
          button('remove', 'trash', 'Remove'),
        ];
    return {
      prompt,
      label: `${index + 1}. ${oneLine(prompt.text, 80)}`,
      description: [underWay ? 'being sent' : prompt.state === 'failed' ? 'failed' : '', shortAge(new Date(prompt.addedAt).toISOString(), now)].filter((part) => part !== '').join(' · '),
      ...(prompt.error === undefined ? {} : { detail: prompt.error }),
      iconPath: new vscode.ThemeIcon(underWay ? 'sync~spin' : prompt.state === 'failed' ? 'error' : 'comment'),
      buttons,
    };
  });
}
