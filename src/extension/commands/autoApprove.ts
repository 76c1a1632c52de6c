// Auto-Approve for This Agent: which requests of one agent are allowed unasked. Off unless chosen here or in the settings.
import * as vscode from 'vscode';
import { DisposableStore } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import { ApprovalPolicy, approvalCategories, CommandPattern, type ApprovalCategory } from '../../protocol/approvalPolicy.ts';
import { oneAgent } from '../agentArgument.ts';
import { isFinished } from '../agentKey.ts';
import type { CommandHandler } from '../services.ts';
import { oneLine } from '../shownText.ts';

const categoryWords: Readonly<Record<ApprovalCategory, readonly [label: string, description: string]>> = {
  read: ['Read', 'files of its folder, and commands that only look: ls, grep, git log'],
  edit: ['Edit', 'files of its folder'],
  test: ['Test', 'npm test, pytest, cargo test and the like'],
  build: ['Build', 'npm run build, make, tsc, linters and the like'],
  run: ['Run', 'other commands that stay in its folder and are not dangerous in themselves'],
  network: ['Network', 'what reaches the network and does nothing worse'],
};

interface PolicyPick extends vscode.QuickPickItem {
  readonly category?: ApprovalCategory;
  readonly command?: string;
}

const addCommand: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('add'), tooltip: 'Allow a command…' };

/** The second argument may be a policy: then nothing is asked. Returns the policy. */
export const autoApprove: CommandHandler = async (services, ...args) => {
  const agent = await oneAgent(services, args.slice(0, 1), { placeHolder: 'Choose what which agent may do unasked?', accept: (candidate) => !isFinished(candidate) && candidate.adopted !== true });
  if (agent.adopted === true) throw new AgentsError('unsupported', `${agent.name} was started by hand: its requests are answered by a person.`);
  const given = ApprovalPolicy.safeParse(args[1]);
  return services.fleet.use(async (_manager, { approvals, providers }) => {
    const current = await approvals.policies.of(agent);
    const tells = providers.find(agent.aiProvider)?.signals?.sources.some((source) => source === 'hooks' || source === 'channel') ?? false;
    const policy = given.success ? given.data : await askPolicy(oneLine(agent.name, 60), current, tells ? RULES : ONLY_SCREEN);
    await approvals.policies.choose(agent, policy);
    const allowed = [...policy.categories, ...policy.commands];
    vscode.window.setStatusBarMessage(allowed.length === 0 ? `$(shield) ${oneLine(agent.name, 60)} asks for everything` : `$(shield) ${oneLine(agent.name, 60)} may: ${oneLine(allowed.join(', '))}`, 6_000);
    return policy;
  });
};

const RULES = 'What is dangerous or cannot be judged is always asked.';
/** A screen may show the beginning of something longer. */
const ONLY_SCREEN = 'Its wishes show on its screen only: you are always asked.';

async function askPolicy(name: string, current: ApprovalPolicy, placeholder: string): Promise<ApprovalPolicy> {
  const owned = new DisposableStore();
  const picker = owned.add(vscode.window.createQuickPick<PolicyPick>());
  picker.canSelectMany = true;
  picker.ignoreFocusOut = true;
  picker.title = `What ${name} may do unasked`;
  picker.placeholder = placeholder;
  picker.buttons = [addCommand];
  const show = (policy: ApprovalPolicy): void => {
    const categories = approvalCategories.map((category): PolicyPick => ({ category, label: categoryWords[category][0], description: categoryWords[category][1] }));
    const commands = policy.commands.map((command): PolicyPick => ({ command, label: `$(terminal) ${command}`, description: 'this command' }));
    picker.items = [...categories, ...commands];
    picker.selectedItems = picker.items.filter(({ category, command }) => command !== undefined || (category !== undefined && policy.categories.includes(category)));
  };
  const chosen = (): ApprovalPolicy => ({
    categories: picker.selectedItems.flatMap(({ category }) => category ?? []),
    commands: picker.selectedItems.flatMap(({ command }) => command ?? []),
    paths: current.paths,
  });
  show(current);
  try {
    return await new Promise<ApprovalPolicy>((resolve, reject) => {
      let isAdding = false;
      owned.add(picker.onDidAccept(() => resolve(chosen())));
      owned.add(picker.onDidHide(() => isAdding || reject(cancelled())));
      owned.add(
        picker.onDidTriggerButton(() => {
          const before = chosen();
          isAdding = true;
          void askCommand().then((command) => {
            isAdding = false;
            show(command === undefined ? before : { ...before, commands: [...new Set([...before.commands, command])] });
            picker.show();
          }, reject);
        }),
      );
      picker.show();
    });
  } finally {
    owned.dispose();
  }
}

async function askCommand(): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: 'Allow a command',
    prompt: 'One simple command; a last * stands for any further words.',
    placeHolder: 'npm run lint *',
    ignoreFocusOut: true,
    validateInput: (value) => {
      const checked = CommandPattern.safeParse(value);
      return checked.success ? undefined : `It ${checked.error.issues[0]?.message ?? 'is no command'}.`;
    },
  });
}
