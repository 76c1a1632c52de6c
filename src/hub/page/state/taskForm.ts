// The form of a new task, and the task that it makes. Pure.
import { NewTask } from '../../../protocol/hubWire/hubRest.ts';

/** As typed. */
export interface TaskForm {
  readonly prompt: string;
  readonly title: string;
  readonly project: string;
  readonly agentType: string;
  /** Parted by commas or blanks. */
  readonly capabilities: string;
  readonly runner: string;
  readonly repoPath: string;
  readonly branch: string;
  readonly attempts: string;
  /** Minutes; empty: no end. */
  readonly timeout: string;
  readonly worktree: boolean;
}

export const emptyForm: TaskForm = { prompt: '', title: '', project: '', agentType: '', capabilities: '', runner: '', repoPath: '', branch: '', attempts: '3', timeout: '', worktree: true };

export type FormFaults = Readonly<Partial<Record<keyof TaskForm, string>>>;

const fields: Readonly<Record<string, keyof TaskForm>> = { prompt: 'prompt', title: 'title', project_id: 'project', agent_type: 'agentType', required_capabilities: 'capabilities', preferred_runner_id: 'runner', repo_path: 'repoPath', branch: 'branch', max_attempts: 'attempts', timeout_seconds: 'timeout' };

export function capabilitiesOf(typed: string): string[] {
  return [...new Set(typed.split(/[\s,]+/).filter((word) => word !== ''))];
}

/** The task, or what is wrong in which field. Without a prompt a stand-in keeps a preview possible: where it would go does not hang on its words. */
export function taskOf(form: TaskForm, { preview = false }: { readonly preview?: boolean } = {}): { readonly task: NewTask } | { readonly faults: FormFaults } {
  const said = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim());
  const prompt = preview ? (said(form.prompt) ?? 'preview') : form.prompt;
  const minutes = said(form.timeout);
  const parsed = NewTask.safeParse(
    defined({
      prompt,
      title: said(form.title),
      project_id: said(form.project),
      agent_type: said(form.agentType),
      required_capabilities: capabilitiesOf(form.capabilities),
      preferred_runner_id: said(form.runner),
      repo_path: said(form.repoPath),
      branch: said(form.branch),
      create_worktree: form.worktree,
      max_attempts: Number(form.attempts),
      timeout_seconds: minutes === undefined ? undefined : Number(minutes) * 60,
    }),
  );
  if (parsed.success) return { task: parsed.data };
  const faults: Partial<Record<keyof TaskForm, string>> = {};
  for (const { path } of parsed.error.issues) {
    const field = fields[String(path[0])] ?? 'prompt';
    faults[field] ??= sentences[field] ?? 'This is not valid.';
  }
  return { faults };
}

const sentences: FormFaults = {
  prompt: 'Say what is to be done.',
  title: 'A title has at most 200 characters.',
  capabilities: 'At most 100 capabilities, each of at most 100 characters.',
  attempts: 'From 1 to 10 attempts.',
  timeout: 'A number of minutes above 0, at most a week (10080).',
};

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
