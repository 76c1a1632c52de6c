// The runners beside the agents: their health and room at a glance.
import { HealthBadge } from '../kit/Badge.tsx';
import { SlotMeter } from '../kit/Meter.tsx';
import { Empty } from '../kit/Notes.tsx';
import { useModel } from '../model.ts';
import { healthOf, slotsText, sortRunners } from '../words/runnerWords.ts';

const RUNNERS = 12;

export function RunnerStrip() {
  const model = useModel();
  const now = model.now.value;
  const runners = sortRunners(model.fleet.value.runners.values(), now);
  return (
    <section aria-labelledby="strip-head" class="strip">
      <div class="head">
        <h2 id="strip-head">Runners</h2>
        <a href="/runners" class="head-end">
          All runners
        </a>
      </div>
      {runners.length === 0 ? (
        <Empty icon="runners" title="No runner yet">
          <p>
            A runner is a machine that works for you. <a href="/runners">Connect one</a>.
          </p>
        </Empty>
      ) : (
        <ul class="strip-list">
          {runners.slice(0, RUNNERS).map((runner) => (
            <li key={runner.id}>
              <span class="strip-name">{runner.name}</span>
              <HealthBadge health={healthOf(runner, now)} />
              <span class="strip-room muted">
                <SlotMeter used={runner.current_agent_count} total={runner.max_concurrent_agents} />
                <span>{slotsText(runner)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      {runners.length > RUNNERS && <p class="muted">And {runners.length - RUNNERS} more.</p>}
    </section>
  );
}
