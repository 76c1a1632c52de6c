// Who would take a task, and why the others would not: points, each with its reason.
import type { Placement } from '../../../protocol/hubWire/hubRest.ts';
import { Badge } from '../kit/Badge.tsx';
import { pointsText, scoreParts, sortScores } from '../words/taskWords.ts';

const SCORES = 20;

export function PlacementTable({ placement, asked }: { readonly placement: Placement; readonly asked: { readonly project: boolean; readonly capabilities: number } }) {
  const scores = sortScores(placement);
  return (
    <section class="placement" aria-label="Who would take it">
      <p class="placement-reason">{placement.reason}</p>
      <ol class="scores">
        {scores.slice(0, SCORES).map((score) => {
          const chosen = score.runner_id === placement.runner_id;
          return (
            <li key={score.runner_id} class={chosen ? 'score chosen' : 'score'} data-runner={score.runner_id}>
              <header>
                <strong>{score.runner_name}</strong>
                {chosen ? <Badge tone="good" icon="check" word="Takes it" /> : score.viable ? <Badge tone="calm" icon="queued" word="Could take it" /> : <Badge tone="away" icon="cross" word="Cannot take it" />}
                {score.viable && (
                  <span class="points" title="Points in all">
                    {pointsText(score.total_score)}
                    <span class="said"> points</span>
                  </span>
                )}
              </header>
              {score.viable ? (
                <dl>
                  {scoreParts(score, asked).map(({ label, points, why }) => (
                    <div key={label} data-sign={points > 0 ? 'plus' : points < 0 ? 'minus' : 'none'}>
                      <dt>{label}</dt>
                      <dd>
                        <span class="points">{pointsText(points)}</span> {why}
                      </dd>
                    </div>
                  ))}
                </dl>
              ) : (
                <p class="muted">{score.why}</p>
              )}
            </li>
          );
        })}
      </ol>
      {scores.length > SCORES && <p class="muted">And {scores.length - SCORES} more runners.</p>}
    </section>
  );
}
