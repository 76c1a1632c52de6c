// A quick pick of several steps: title with step n of m, a back button, Escape cancels all.
import * as vscode from 'vscode';
import { cancelled } from '../../base/wait.ts';

export interface StepPlace {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

/** A button of a step; `run` may change what the step shows. */
export interface StepButton {
  readonly icon: () => string;
  readonly tooltip: () => string;
  readonly run: () => void;
}

export interface PickStep<T> extends StepPlace {
  readonly placeholder: () => string;
  readonly items: readonly T[];
  /** The same items, once more is known of them; undefined where nothing more is. Must not reject. */
  readonly later?: Promise<readonly T[] | undefined>;
  readonly active?: T | undefined;
  readonly buttons?: readonly StepButton[];
}

export type StepAnswer<T> = { readonly back: true } | { readonly back: false; readonly value: T };

/** Asks for one of the items. Throws `cancelled` on Escape. */
export function pickStep<T extends vscode.QuickPickItem & { readonly id: string }>(step: PickStep<T>): Promise<StepAnswer<T>> {
  const input = vscode.window.createQuickPick<T>();
  const buttons = step.buttons ?? [];
  const show = (): void => {
    input.placeholder = step.placeholder();
    input.buttons = [...backButton(step), ...buttons.map((button) => ({ iconPath: new vscode.ThemeIcon(button.icon()), tooltip: button.tooltip() }))];
  };
  frame(input, step);
  show();
  input.items = step.items;
  input.matchOnDescription = true;
  input.matchOnDetail = true;
  if (step.active !== undefined) input.activeItems = [step.active];
  let open = true;
  void step.later?.then((items) => {
    if (open && items !== undefined) replaceItems(input, items);
  });
  return answer(input, (resolve) => [
    new vscode.Disposable(() => (open = false)),
    input.onDidAccept(() => {
      const [value] = input.selectedItems;
      if (value !== undefined) resolve({ back: false, value });
    }),
    input.onDidTriggerButton((pressed) => {
      const offset = backButton(step).length;
      buttons[input.buttons.indexOf(pressed) - offset]?.run();
      show();
    }),
  ]);
}

/** Keeps the row that is marked: a person may be about to press Enter. */
function replaceItems<T extends vscode.QuickPickItem & { readonly id: string }>(input: vscode.QuickPick<T>, items: readonly T[]): void {
  const active = input.activeItems[0]?.id;
  input.items = items;
  const same = items.find(({ id }) => id === active);
  if (same !== undefined) input.activeItems = [same];
}

export interface TextStep extends StepPlace {
  readonly prompt: string;
  readonly placeholder: string;
  readonly value: string;
}

/** Asks for a line of text, which may be empty. Throws `cancelled` on Escape. */
export function textStep(step: TextStep): Promise<StepAnswer<string>> {
  const input = vscode.window.createInputBox();
  frame(input, step);
  input.prompt = step.prompt;
  input.placeholder = step.placeholder;
  input.value = step.value;
  input.buttons = backButton(step);
  return answer(input, (resolve) => [input.onDidAccept(() => resolve({ back: false, value: input.value }))]);
}

function frame(input: vscode.QuickInput, { title, step, totalSteps }: StepPlace): void {
  input.title = title;
  input.step = step;
  input.totalSteps = totalSteps;
  // The person may look something up in another window meanwhile.
  input.ignoreFocusOut = true;
}

function backButton({ step }: StepPlace): vscode.QuickInputButton[] {
  return step > 1 ? [vscode.QuickInputButtons.Back] : [];
}

type Buttoned = vscode.QuickInput & { readonly onDidTriggerButton: vscode.Event<vscode.QuickInputButton> };

async function answer<T>(input: Buttoned, listen: (resolve: (answer: StepAnswer<T>) => void) => vscode.Disposable[]): Promise<StepAnswer<T>> {
  const listeners: vscode.Disposable[] = [];
  try {
    return await new Promise<StepAnswer<T>>((resolve, reject) => {
      listeners.push(
        ...listen(resolve),
        input.onDidTriggerButton((pressed) => {
          if (pressed === vscode.QuickInputButtons.Back) resolve({ back: true });
        }),
        input.onDidHide(() => reject(cancelled())),
      );
      input.show();
    });
  } finally {
    for (const listener of listeners) listener.dispose();
    input.dispose();
  }
}
