// A new task: what is to be done, what it needs, and, as one types, who would take it.
import { useEffect, useState } from 'preact/hooks';
import type { Placement } from '../../../protocol/hubWire/hubRest.ts';
import type { PageFault } from '../api/client.ts';
import { SelectField, SwitchField, TextField } from '../kit/Field.tsx';
import { FaultNote, Loading } from '../kit/Notes.tsx';
import { faultOf, useAct } from '../kit/useAct.ts';
import { useModel } from '../model.ts';
import { capabilitiesOf, emptyForm, taskOf, type FormFaults, type TaskForm } from '../state/taskForm.ts';
import { PlacementTable } from './PlacementTable.tsx';

/** Milliseconds without a key after which the preview is asked for. */
const PREVIEW_MS = 300;

export function NewTaskView() {
  const model = useModel();
  const act = useAct();
  const { runners, agents, tasks } = model.fleet.value;
  const [form, setForm] = useState<TaskForm>(emptyForm);
  const [faults, setFaults] = useState<FormFaults>({});
  const set = (field: keyof TaskForm) => (value: string) => {
    setForm((before) => ({ ...before, [field]: value }));
    setFaults((before) => ({ ...before, [field]: undefined }));
  };
  const known = { capabilities: unique([...runners.values()].flatMap((runner) => runner.capabilities)), agents: unique([...agents.values()].map((agent) => agent.provider_id)), projects: unique([...tasks.values()].map((task) => task.project_id ?? '')) };
  const submit = (): void => {
    const made = taskOf(form);
    if ('faults' in made) {
      setFaults(made.faults);
      model.say(Object.values(made.faults).join(' '));
      requestAnimationFrame(() => document.querySelector<HTMLElement>('main [aria-invalid]')?.focus());
      return;
    }
    void act.run(async () => {
      await model.api.addTask(made.task);
      model.say('The task is queued.');
      model.navigation.go({ view: 'tasks' });
    });
  };
  if (!model.mayAct)
    return (
      <>
        <h1 tabindex={-1}>New task</h1>
        <p>You may look, and not act: ask an admin for another role.</p>
      </>
    );
  return (
    <>
      <div class="head">
        <h1 tabindex={-1}>New task</h1>
      </div>
      <div class="form-columns">
        <form class="card" aria-label="New task" noValidate onSubmit={(event) => (event.preventDefault(), submit())}>
          <TextField label="What is to be done" value={form.prompt} onValue={set('prompt')} rows={6} required autofocus fault={faults.prompt} />
          <TextField label="Title" value={form.title} onValue={set('title')} placeholder="Taken from the first line" fault={faults.title} />
          <div class="pair">
            <TextField label="Project" value={form.project} onValue={set('project')} suggestions={known.projects} help="Goes rather to a runner that has it at hand." fault={faults.project} />
            <TextField label="Kind of agent" value={form.agentType} onValue={set('agentType')} suggestions={known.agents} placeholder="The runner's own choice" fault={faults.agentType} />
          </div>
          <div class="pair">
            <TextField label="Required capabilities" value={form.capabilities} onValue={set('capabilities')} suggestions={known.capabilities} placeholder="gpu, docker" help="Parted by commas." fault={faults.capabilities} />
            <SelectField label="Preferred runner" value={form.runner} onValue={set('runner')} choices={[{ value: '', text: 'Whichever suits best' }, ...[...runners.values()].map(({ id, name }) => ({ value: id, text: name }))]} fault={faults.runner} />
          </div>
          <details class="more-fields">
            <summary>More</summary>
            <div class="pair">
              <TextField label="Folder of the repository" value={form.repoPath} onValue={set('repoPath')} help="On the runner." fault={faults.repoPath} />
              <TextField label="Branch" value={form.branch} onValue={set('branch')} fault={faults.branch} />
            </div>
            <div class="pair">
              <TextField label="Attempts" type="number" min={1} max={10} value={form.attempts} onValue={set('attempts')} help="If it fails, it is tried again." fault={faults.attempts} />
              <TextField label="Minutes it may take" type="number" min={1} value={form.timeout} onValue={set('timeout')} placeholder="No end" fault={faults.timeout} />
            </div>
            <SwitchField label="In a work tree of its own" value={form.worktree} onValue={(worktree) => setForm((before) => ({ ...before, worktree }))} help="Off: it works in the folder itself." />
          </details>
          <FaultNote fault={act.fault} />
          <div class="row">
            <button type="submit" class="primary" aria-busy={act.busy}>
              Queue the task
            </button>
            <a href="/tasks" role="button">
              Cancel
            </a>
          </div>
        </form>
        <Preview form={form} runners={runners.size} />
      </div>
    </>
  );
}

function Preview({ form, runners }: { readonly form: TaskForm; readonly runners: number }) {
  const model = useModel();
  const [answer, setAnswer] = useState<{ readonly placement?: Placement; readonly fault?: PageFault }>({});
  const { prompt: _prompt, title: _title, ...rest } = form;
  const key = JSON.stringify(rest);
  useEffect(() => {
    const made = taskOf({ ...form, title: '' }, { preview: true });
    if ('faults' in made) return;
    const control = new AbortController();
    const timer = setTimeout(() => {
      model.api.preview(made.task, control.signal).then(
        (placement) => setAnswer({ placement }),
        (error: unknown) => control.signal.aborted || setAnswer({ fault: faultOf(error) }),
      );
    }, PREVIEW_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
    // The prompt decides nothing: typing it asks for nothing.
  }, [key, runners, model]);
  return (
    <aside class="card" aria-labelledby="preview-head">
      <h2 id="preview-head">Who would take it</h2>
      <FaultNote fault={answer.fault} />
      {answer.placement !== undefined ? <PlacementTable placement={answer.placement} asked={{ project: form.project.trim() !== '', capabilities: capabilitiesOf(form.capabilities).length }} /> : answer.fault === undefined && <Loading what="Asking the hub…" />}
    </aside>
  );
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words.filter((word) => word !== ''))].sort();
}
