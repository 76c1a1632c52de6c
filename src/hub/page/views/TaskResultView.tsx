// How a task ended: its code, how long it took, and what it printed. Its output is an agent's text: only ever text.
import type { HubTask } from '../../../protocol/hubWire/hubRest.ts';
import { durationText } from '../../../protocol/timeline/timelineWords.ts';

/** Characters of an output that are drawn: its end, which tells most. */
const SHOWN = 20_000;

export function TaskResultView({ result }: { readonly result: NonNullable<HubTask['result']> }) {
  const { exit_code: code, duration_s: seconds, error, stdout, stderr, output, worktree_path: folder } = result;
  return (
    <>
      <p class="muted">
        {code !== undefined && code !== null && `Exit code ${code}. `}
        {seconds !== undefined && seconds !== null && `After ${durationText(seconds * 1000)}. `}
        {folder !== undefined && folder !== null && (
          <>
            In <span class="mono">{folder}</span>.
          </>
        )}
      </p>
      {typeof error === 'string' && error !== '' && <p class="ask-text">{error}</p>}
      <Output name="Output" text={stdout ?? output} />
      <Output name="Errors" text={stderr} />
    </>
  );
}

function Output({ name, text }: { readonly name: string; readonly text: string | null | undefined }) {
  if (text === null || text === undefined || text.trim() === '') return null;
  return (
    <details class="output">
      <summary>{name}</summary>
      <pre>
        {text.length > SHOWN && '…'}
        {text.slice(-SHOWN)}
      </pre>
    </details>
  );
}
