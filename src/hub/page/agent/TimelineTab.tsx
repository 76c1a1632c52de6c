// What the agent did, by the minute: the same entries as everywhere else.
import { useState } from 'preact/hooks';
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import { timelineKinds, type TimelineEntry, type TimelineKind } from '../../../protocol/timelineEntry.ts';
import { Icon } from '../kit/Icon.tsx';
import { memo } from '../kit/memo.ts';
import { Empty, FaultNote, Loading } from '../kit/Notes.tsx';
import { useAct } from '../kit/useAct.ts';
import { useModel } from '../model.ts';
import type { Story } from './useStory.ts';

const ROWS = 200;
const kindWords: Readonly<Record<TimelineKind, string>> = { prompt: 'Prompts', approval: 'Approvals', command: 'Commands', commit: 'Commits', status: 'Status', file: 'Files', other: 'Session' };
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

export function TimelineTab({ agent, story: { story, version, caughtUp, loadEarlier } }: { readonly agent: HubAgent; readonly story: Story }) {
  const model = useModel();
  const [hidden, setHidden] = useState<ReadonlySet<TimelineKind>>(new Set());
  const [shown, setShown] = useState(ROWS);
  const earlier = useAct();
  void version.value;
  const all = story.entries;
  // By the clock: a prompt counts as given when the agent is seen to work.
  const entries = all.filter(({ kind }) => !hidden.has(kind)).sort((one, other) => one.ts - other.ts);
  const last = entries.slice(-shown).reverse();
  const toggle = (kind: TimelineKind): void => {
    const next = new Set(hidden);
    if (!next.delete(kind)) next.add(kind);
    setHidden(next);
  };
  if (!caughtUp.value && all.length === 0) return model.live.state.value === 'open' ? <Loading what="Loading what it did…" /> : <p class="muted">The hub is not heard.</p>;
  return (
    <>
      <div class="kinds" role="group" aria-label="Kinds of entries">
        {timelineKinds.map((kind) => {
          const count = all.filter((entry) => entry.kind === kind).length;
          return count === 0 ? null : (
            <button key={kind} type="button" class="kind" data-kind={kind} aria-pressed={!hidden.has(kind)} onClick={() => toggle(kind)}>
              <Icon name={kind} />
              {kindWords[kind]} <span class="count-plain">{count}</span>
            </button>
          );
        })}
      </div>
      {all.length === 0 ? (
        <Empty icon="status" title="Nothing was recorded yet">
          <p>What {agent.name} does from now on is listed here.</p>
        </Empty>
      ) : last.length === 0 ? (
        <p class="muted">Everything is filtered out.</p>
      ) : (
        <ol class="timeline" aria-label="Timeline, latest first">
          {last.map((entry, index) => {
            const before = last[index - 1];
            const heading = before === undefined || day.format(before.ts) !== day.format(entry.ts) ? day.format(entry.ts) : undefined;
            return <Entry key={entry.id} entry={entry} heading={heading} />;
          })}
        </ol>
      )}
      <div class="row">
        {entries.length > shown && (
          <button type="button" class="small" onClick={() => setShown(shown + ROWS)}>
            Show more ({entries.length - shown})
          </button>
        )}
        {(story.firstSeq ?? 1) > 1 && entries.length <= shown && (
          <button type="button" class="small" onClick={() => void earlier.run(loadEarlier)} aria-busy={earlier.busy}>
            Load what was before
          </button>
        )}
      </div>
      <FaultNote fault={earlier.fault} />
    </>
  );
}

const Entry = memo(function Entry({ entry, heading }: { readonly entry: TimelineEntry; readonly heading: string | undefined }) {
  const when = new Date(entry.ts);
  return (
    <li class="entry" data-kind={entry.kind} {...(entry.tone === undefined ? {} : { 'data-tone': entry.tone })}>
      {heading !== undefined && <p class="day">{heading}</p>}
      <div class="entry-row">
        <time datetime={when.toISOString()} title={when.toLocaleString()}>
          {clock.format(when)}
        </time>
        <span class="mark">
          <Icon name={entry.kind} />
        </span>
        <div class="entry-body">
          <span class="entry-title">{entry.title}</span>
          {entry.detail !== undefined && <pre>{entry.detail}</pre>}
        </div>
      </div>
    </li>
  );
});
