// Who did what, latest first.
import { useState } from 'preact/hooks';
import type { AuditEntry } from '../../../protocol/hubWire/hubRest.ts';
import { Empty, FaultNote, Loading } from '../kit/Notes.tsx';
import { Ago } from '../kit/Times.tsx';
import { useAct } from '../kit/useAct.ts';
import { useLoaded } from '../kit/useLoaded.ts';
import { useModel } from '../model.ts';
import { actionWords, detailText, withNames } from '../words/auditWords.ts';
import { timeOf } from '../words/timeWords.ts';

const PAGE = 100;

export function AuditView() {
  const model = useModel();
  const { value, fault, loading, reload, set } = useLoaded(() => model.api.audit({ limit: PAGE }));
  const [complete, setComplete] = useState(false);
  const more = useAct();
  const loadMore = async (): Promise<void> => {
    const last = value?.at(-1);
    if (value === undefined || last === undefined) return;
    const page = await model.api.audit({ before: last.id, limit: PAGE });
    if (page.length < PAGE) setComplete(true);
    set([...value, ...page]);
  };
  return (
    <>
      <div class="head">
        <h1 tabindex={-1}>Audit</h1>
        <p class="muted">Who did what, latest first.</p>
        <button type="button" class="small head-end" onClick={() => (setComplete(false), reload())} aria-busy={loading}>
          Refresh
        </button>
      </div>
      <FaultNote fault={fault} onRetry={reload} />
      {value === undefined ? loading && <Loading what="Loading the audit log…" /> : value.length === 0 ? <Empty icon="audit" title="Nothing has been noted yet" /> : <Entries entries={value} />}
      <FaultNote fault={more.fault} />
      {value !== undefined && value.length >= PAGE && !complete && (
        <button type="button" onClick={() => void more.run(loadMore)} aria-busy={more.busy}>
          Show earlier
        </button>
      )}
    </>
  );
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }) {
  const { agents, runners, tasks } = useModel().fleet.value;
  const nameOf = (id: string): string | undefined => agents.get(id)?.name ?? runners.get(id)?.name ?? tasks.get(id)?.title;
  return (
    <div class="table-place">
      <table class="audit" aria-label="Audit log">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">About</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ id, at, actor, action, target, detail, ip }) => (
            <tr key={id}>
              <td data-label="When">
                <Ago then={timeOf(at)} />
              </td>
              <td data-label="Who" title={actor}>
                {withNames(actor, nameOf)}
              </td>
              <td data-label="What" title={action}>
                {actionWords(action)}
              </td>
              <td data-label="About">
                {detailText(detail) !== '' && <span>{detailText(detail)}</span>} {target !== null && (
                  <span class="muted" title={target}>
                    {withNames(target, nameOf)}
                  </span>
                )}
              </td>
              <td data-label="From" class="mono muted">
                {ip ?? ''}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
