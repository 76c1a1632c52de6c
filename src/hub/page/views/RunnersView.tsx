// All runners: health, room, what they can do; and how another one is connected.
import { useState } from 'preact/hooks';
import { type PatchRunner as Patch, PatchRunner, type Runner } from '../../../protocol/hubWire/sibylRest.ts';
import { ActButton } from '../kit/ActButton.tsx';
import { HealthBadge } from '../kit/Badge.tsx';
import { Copyable } from '../kit/Copyable.tsx';
import { Dialog } from '../kit/Dialog.tsx';
import { TextField } from '../kit/Field.tsx';
import { Icon } from '../kit/Icon.tsx';
import { SlotMeter } from '../kit/Meter.tsx';
import { Empty, FaultNote, Loading } from '../kit/Notes.tsx';
import { useAct } from '../kit/useAct.ts';
import { useModel } from '../model.ts';
import { capabilitiesOf } from '../state/taskForm.ts';
import { healthOf, healthSentence, slotsText, sortRunners } from '../words/runnerWords.ts';

export function RunnersView() {
  const model = useModel();
  const { known, runners } = model.fleet.value;
  const now = model.now.value;
  if (!known) return <Loading what="Loading the runners…" />;
  return (
    <>
      <div class="head">
        <h1 tabindex={-1}>Runners</h1>
      </div>
      {runners.size === 0 ? (
        <Empty icon="runners" title="No runner yet" />
      ) : (
        <ul class="cards" aria-label="Runners">
          {sortRunners(runners.values(), now).map((runner) => (
            <RunnerCard key={runner.id} runner={runner} now={now} />
          ))}
        </ul>
      )}
      {model.mayAct && <ConnectRunner />}
    </>
  );
}

function RunnerCard({ runner, now }: { readonly runner: Runner; readonly now: number }) {
  const model = useModel();
  const [dialog, setDialog] = useState<'edit' | 'remove' | undefined>(undefined);
  const health = healthOf(runner, now);
  const agents = [...model.fleet.value.agents.values()].filter((agent) => agent.runner_id === runner.id && agent.ended_at === undefined).length;
  return (
    <li class="card" data-runner={runner.id}>
      <header>
        <h2>{runner.name}</h2>
        <HealthBadge health={health} />
      </header>
      <p class="muted">{healthSentence(runner, now)}</p>
      <p class="slots-line">
        <SlotMeter used={runner.current_agent_count} total={runner.max_concurrent_agents} />
        {slotsText(runner)}
      </p>
      <dl class="facts">
        <div>
          <dt>Machine</dt>
          <dd class="mono">{runner.hostname}</dd>
        </div>
        <div>
          <dt>Agents shared</dt>
          <dd>{agents}</dd>
        </div>
        {runner.client_version !== null && (
          <div>
            <dt>Version</dt>
            <dd>{runner.client_version}</dd>
          </div>
        )}
      </dl>
      {runner.capabilities.length > 0 && (
        <ul class="chips" aria-label="Capabilities">
          {runner.capabilities.map((capability) => (
            <li key={capability}>{capability}</li>
          ))}
        </ul>
      )}
      {model.mayAct && (
        <div class="row">
          <button type="button" class="small" onClick={() => setDialog('edit')} aria-label={`Edit ${runner.name}`}>
            <Icon name="edit" />
            Edit
          </button>
          {health === 'offline' && (
            <button type="button" class="small danger" onClick={() => setDialog('remove')} aria-label={`Remove ${runner.name}`}>
              <Icon name="trash" />
              Remove
            </button>
          )}
        </div>
      )}
      {dialog === 'edit' && <EditRunner runner={runner} onClose={() => setDialog(undefined)} />}
      {dialog === 'remove' && <RemoveRunner runner={runner} onClose={() => setDialog(undefined)} />}
    </li>
  );
}

function EditRunner({ runner, onClose }: { readonly runner: Runner; readonly onClose: () => void }) {
  const model = useModel();
  const act = useAct();
  const [name, setName] = useState(runner.name);
  const [capabilities, setCapabilities] = useState(runner.capabilities.join(', '));
  const [most, setMost] = useState(String(runner.max_concurrent_agents));
  const patch: Patch = { name, capabilities: capabilitiesOf(capabilities), max_concurrent_agents: Number(most) };
  const checked = PatchRunner.safeParse(patch);
  const faultAt = (field: string): boolean => !checked.success && checked.error.issues.some(({ path }) => path[0] === field);
  const save = async (): Promise<void> => {
    await model.api.changeRunner(runner.id, patch);
    model.say('Saved.');
    onClose();
  };
  return (
    <Dialog title={`Edit ${runner.name}`} onClose={onClose}>
      <form onSubmit={(event) => (event.preventDefault(), checked.success && void act.run(save))}>
        <TextField label="Name" value={name} onValue={setName} required fault={faultAt('name') ? 'A name has 1 to 255 characters.' : undefined} />
        <TextField label="Capabilities" value={capabilities} onValue={setCapabilities} help="Parted by commas: gpu, docker, node-22. Tasks that require one go only to runners that have it." fault={faultAt('capabilities') ? 'At most 100 capabilities, each of at most 100 characters.' : undefined} />
        <TextField label="Agents at once" type="number" min={1} max={20} value={most} onValue={setMost} required fault={faultAt('max_concurrent_agents') ? 'From 1 to 20.' : undefined} />
        <FaultNote fault={act.fault} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" aria-busy={act.busy} disabled={!checked.success}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function RemoveRunner({ runner, onClose }: { readonly runner: Runner; readonly onClose: () => void }) {
  const model = useModel();
  const act = useAct();
  const remove = async (): Promise<void> => {
    await model.api.removeRunner(runner.id);
    model.say(`${runner.name} is removed.`);
    onClose();
  };
  return (
    <Dialog title={`Remove ${runner.name}?`} onClose={onClose}>
      <p>Its token ends, and the hub forgets its agents. What they made on the machine itself stays. To come back it has to register again.</p>
      <FaultNote fault={act.fault} />
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <ActButton act={act} kind="danger" icon="trash" onAct={remove}>
          Remove
        </ActButton>
      </div>
    </Dialog>
  );
}

function ConnectRunner() {
  return (
    <section class="card" aria-labelledby="connect-head">
      <h2 id="connect-head">Connect a runner</h2>
      <p>Run this on the machine that is to work for you. It asks for your name and password, or takes a token from the settings.</p>
      <Copyable label="Command that registers a runner" text={`tmux-agents runner register --server ${location.origin}`} />
      <p>Then start it, and it is listed here:</p>
      <Copyable label="Command that starts a runner" text="tmux-agents runner run" />
    </section>
  );
}
