// The task queue: what waits for a runner, what runs, what is finished, and why.
import { useState } from 'preact/hooks';
import type { HubTask } from '../../../protocol/hubWire/hubRest.ts';
import { ActButton } from '../kit/ActButton.tsx';
import { TaskBadge } from '../kit/Badge.tsx';
import { Icon } from '../kit/Icon.tsx';
import { Empty, FaultNote, Loading } from '../kit/Notes.tsx';
import { Ago } from '../kit/Times.tsx';
import { useAct } from '../kit/useAct.ts';
import { useLoaded } from '../kit/useLoaded.ts';
import { useModel } from '../model.ts';
import { pathOf } from '../routes.ts';
import { sortTasks, taskGroupOf, type TaskGroup } from '../words/taskWords.ts';
import { timeOf } from '../words/timeWords.ts';
import { PlacementTable } from './PlacementTable.tsx';
import { TaskResultView } from './TaskResultView.tsx';

const ROWS = 50;
const headings: Readonly<Record<TaskGroup, string>> = { running: 'Running', queued: 'Queued', finished: 'Finished' };

export function TasksView() {
  const model = useModel();
  const { known, tasks } = model.fleet.value;
  if (!known) return <Loading what="Loading the tasks…" />;
  const sorted = sortTasks(tasks.values());
  return (
    <>
      <div class="head">
        <h1 tabindex={-1}>Tasks</h1>
        {model.mayAct && (
          <a href="/tasks/new" role="button" class="primary head-end">
            <Icon name="plus" />
            New task
          </a>
        )}
      </div>
      {sorted.length === 0 ? (
        <Empty icon="tasks" title="No tasks yet">
          <p>A task is a prompt that the hub gives to the runner that suits it best.</p>
        </Empty>
      ) : (
        (['running', 'queued', 'finished'] as const).map((group) => <Group key={group} group={group} tasks={sorted.filter((task) => taskGroupOf(task) === group)} />)
      )}
    </>
  );
}

function Group({ group, tasks }: { readonly group: TaskGroup; readonly tasks: readonly HubTask[] }) {
  const [shown, setShown] = useState(ROWS);
  if (tasks.length === 0) return null;
  return (
    <section aria-labelledby={`tasks-${group}`}>
      <h2 id={`tasks-${group}`}>
        {headings[group]} <span class="count-plain">{tasks.length}</span>
      </h2>
      <ul class="tasks">
        {tasks.slice(0, shown).map((task) => (
          <TaskRow key={task.id} task={task} />
        ))}
      </ul>
      {tasks.length > shown && (
        <button type="button" class="small" onClick={() => setShown(shown + ROWS)}>
          Show more ({tasks.length - shown})
        </button>
      )}
    </section>
  );
}

function TaskRow({ task }: { readonly task: HubTask }) {
  const [open, setOpen] = useState(false);
  return (
    <li class="task" data-task={task.id}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary data-step>
          <TaskBadge state={task.state} />
          <span class="task-main">
            <strong>{task.title}</strong>
            <span class="muted">{task.reason ?? task.activity ?? (task.project_id === null ? '' : `Project ${task.project_id}`)}</span>
          </span>
          {task.progress !== null && taskGroupOf(task) === 'running' && <progress max={100} value={task.progress} aria-label={`${task.progress} percent done`} />}
          <span class="task-facts muted">
            {task.runner_name !== null && (
              <span>
                <Icon name="runners" />
                {task.runner_name}
              </span>
            )}
            <span>
              attempt {Math.max(1, task.attempts)} of {task.max_attempts}
            </span>
            <Ago then={timeOf(task.created_at)} />
          </span>
        </summary>
        {open && <TaskDetails task={task} />}
      </details>
    </li>
  );
}

function TaskDetails({ task }: { readonly task: HubTask }) {
  const model = useModel();
  const act = useAct();
  const open = taskGroupOf(task) !== 'finished';
  // What is told of all tasks leaves out their results and the rest of long prompts.
  const whole = useLoaded(() => model.api.task(task.id), `${task.id}/${task.state}/${task.attempts}`);
  const result = whole.value?.result ?? null;
  const agent = [...model.fleet.value.agents.values()].find((one) => one.task_id === task.id);
  const cancel = async (): Promise<void> => {
    await model.api.cancelTask(task.id);
    model.say('The task is cancelled.');
  };
  const retry = async (): Promise<void> => {
    await model.api.retryTask(task.id);
    model.say('The task is queued anew.');
  };
  return (
    <div class="task-details">
      <pre class="prompt-text">{whole.value?.prompt ?? task.prompt}</pre>
      <dl class="facts">
        {task.project_id !== null && <Fact name="Project" value={task.project_id} />}
        {task.agent_type !== null && <Fact name="Agent" value={task.agent_type} />}
        {task.required_capabilities.length > 0 && <Fact name="Requires" value={task.required_capabilities.join(', ')} />}
        <Fact name="By" value={task.created_by} />
      </dl>
      <FaultNote fault={whole.fault} onRetry={whole.reload} />
      {result !== null && <TaskResultView result={result} />}
      <div class="row">
        {agent !== undefined && (
          <a role="button" class="small" href={pathOf({ view: 'agent', id: agent.id, tab: 'terminal' })}>
            Open its agent
          </a>
        )}
        {open && model.mayAct && (
          <ActButton act={act} kind="danger" small icon="cross" onAct={cancel} label={`Cancel ${task.title}`}>
            Cancel the task
          </ActButton>
        )}
        {task.state === 'failed' && model.mayAct && (
          <ActButton act={act} small icon="retry" onAct={retry} label={`Try ${task.title} again`}>
            Try it again
          </ActButton>
        )}
      </div>
      <FaultNote fault={act.fault} />
      {open && <TaskPlacement task={task} />}
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function TaskPlacement({ task }: { readonly task: HubTask }) {
  const model = useModel();
  const { value, fault, loading, reload } = useLoaded(() => model.api.placement(task.id), `${task.id}/${task.state}/${task.attempts}`);
  return (
    <>
      <FaultNote fault={fault} onRetry={reload} />
      {value === undefined ? loading && <Loading what="Asking who would take it…" /> : <PlacementTable placement={value} asked={{ project: task.project_id !== null, capabilities: task.required_capabilities.length }} />}
    </>
  );
}
