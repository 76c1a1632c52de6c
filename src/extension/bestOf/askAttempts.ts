// Best of N asks: the task, which providers (several, or one several times), and where; remembered for the next time.
import * as vscode from 'vscode';
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { faultLines } from '../../protocol/config.ts';
import { cancelled } from '../../base/wait.ts';
import { MOST_ATTEMPTS } from '../../runner/attempts/startAttempts.ts';
import type { Services } from '../services.ts';

/** As a caller of the command gives it; what is missing is asked for. */
export const AttemptsWish = z.strictObject({
  task: z.string().min(1),
  /** One for each attempt. */
  providers: z.array(z.string().min(1)).min(2).max(MOST_ATTEMPTS),
  folder: z.string().min(1).optional(),
  runtime: z.string().min(1).optional(),
  withChanges: z.boolean().optional(),
  autopilot: z.boolean().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
export type AttemptsWish = z.infer<typeof AttemptsWish>;

/** Throws `bad-input` with the keys at fault. */
export function parseWish(argument: unknown): AttemptsWish {
  const parsed = AttemptsWish.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new AgentsError('bad-input', `Best of N was called with arguments it cannot use: ${faultLines(parsed.error).join('; ')}.`, { cause: parsed.error });
}

/** Throws `cancelled` on Escape. */
export async function askAttempts(services: Services): Promise<AttemptsWish> {
  const task = await vscode.window.showInputBox({ title: 'Best of N (1/3)', prompt: 'Each attempt gets this task, in a worktree of its own.', placeHolder: 'What should the agents do?', ignoreFocusOut: true });
  if (task === undefined || task.trim() === '') throw cancelled();
  const providers = (await services.fleet.providers()).all.filter(({ argv }) => argv.length > 0);
  const picks = providers.map(({ id, label, description, icon }) => ({ id, label, description, iconPath: new vscode.ThemeIcon(icon) }));
  const chosen = await vscode.window.showQuickPick(picks, { title: 'Best of N (2/3)', placeHolder: 'Which agents? One alone may try several times.', canPickMany: true, ignoreFocusOut: true, matchOnDescription: true });
  const ids = chosen?.map(({ id }) => id) ?? [];
  const [only] = ids;
  if (only === undefined) throw cancelled();
  if (ids.length > MOST_ATTEMPTS) throw new AgentsError('bad-input', `At most ${MOST_ATTEMPTS} attempts can be compared.`);
  return { task, providers: ids.length > 1 ? await askTimes(ids) : await askTimes([only], 2) };
}

/** How often each tries. */
async function askTimes(ids: readonly string[], least = 1): Promise<string[]> {
  const most = Math.floor(MOST_ATTEMPTS / ids.length);
  const items = Array.from({ length: most - least + 1 }, (_, index) => least + index).map((times) => ({ times, label: times === 1 ? 'Once each' : `${times} times${ids.length > 1 ? ' each' : ''}`, description: `${times * ids.length} attempts` }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Best of N (3/3)', placeHolder: ids.length > 1 ? 'How often does each try?' : 'How often does it try?', ignoreFocusOut: true });
  if (chosen === undefined) throw cancelled();
  return ids.flatMap((id) => Array.from({ length: chosen.times }, () => id));
}
