// What the agent changed, as a diff by file. Long ones are cut, and say so.
import { useMemo, useState } from 'preact/hooks';
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import { Empty, FaultNote, Loading } from '../kit/Notes.tsx';
import { useLoaded } from '../kit/useLoaded.ts';
import { useModel } from '../model.ts';
import { firstLines, readDiff, type DiffChunk, type DiffLine, type ReadFile } from '../state/readDiff.ts';
import { plural } from '../words/timeWords.ts';

/** Files that are open at first, files that are listed, and lines of one that are drawn at once. */
const OPEN = 5;
const FILES = 100;
const LINES = 400;
/** Characters of a line that are drawn. */
const COLUMNS = 2000;

export function ChangesTab({ agent }: { readonly agent: HubAgent }) {
  const model = useModel();
  const { value, fault, loading, reload } = useLoaded(() => model.api.diff(agent.id), agent.id);
  const files = useMemo(() => (value === undefined ? undefined : readDiff(value.diff)), [value]);
  const [shown, setShown] = useState(FILES);
  return (
    <>
      <div class="head">
        <p class="muted" role="status">
          {files !== undefined && files.length > 0 && `${plural(files.length, 'file')}, +${sum(files, 'additions')} −${sum(files, 'deletions')}`}
        </p>
        <button type="button" class="small head-end" onClick={reload} aria-busy={loading}>
          Refresh
        </button>
      </div>
      <FaultNote fault={fault} onRetry={reload} />
      {value === undefined ? (
        loading && <Loading what={`Asking ${agent.runner_name} for the changes…`} />
      ) : (
        <>
          {value.cut && (
            <p class="note" data-tone="wait">
              There is more: this is where the diff was cut. See all of it on {agent.runner_name}.
            </p>
          )}
          {files === undefined ? (
            <pre class="raw-diff">{value.diff.slice(0, 200_000)}</pre>
          ) : files.length === 0 ? (
            <Empty icon="file" title="Nothing has changed">
              <p>Since it began, {agent.name} has changed no file.</p>
            </Empty>
          ) : (
            files.slice(0, shown).map((file, index) => <FileDiff key={`${index}/${file.path}`} file={file} open={index < OPEN && file.lines <= LINES} />)
          )}
          {files !== undefined && files.length > shown && (
            <button type="button" class="small" onClick={() => setShown(shown + FILES)}>
              Show more files ({files.length - shown})
            </button>
          )}
        </>
      )}
    </>
  );
}

function sum(files: readonly ReadFile[], key: 'additions' | 'deletions'): number {
  return files.reduce((total, file) => total + file[key], 0);
}

const statusWords = { added: 'added', deleted: 'deleted', renamed: 'renamed', modified: '' } as const;

function FileDiff({ file, open: first }: { readonly file: ReadFile; readonly open: boolean }) {
  const [open, setOpen] = useState(first);
  const [most, setMost] = useState(LINES);
  return (
    <details class="file-diff" open={open} data-path={file.path} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary data-step>
        <span class="mono file-path">
          {file.before !== undefined && `${file.before} → `}
          {file.path}
        </span>
        {statusWords[file.status] !== '' && <span class="file-status">{statusWords[file.status]}</span>}
        <span class="plus">+{file.additions}</span>
        <span class="minus">−{file.deletions}</span>
      </summary>
      {open && (file.chunks.length === 0 ? <p class="muted">Nothing to be shown as text.</p> : <Lines chunks={firstLines(file.chunks, most)} path={file.path} />)}
      {open && file.lines > most && (
        <button type="button" class="small" onClick={() => setMost(most + 5 * LINES)}>
          Show more lines ({file.lines - most})
        </button>
      )}
    </details>
  );
}

const signs = { add: '+', delete: '−', same: '' } as const;
const spoken: Readonly<Record<DiffLine['kind'], string>> = { add: 'added', delete: 'removed', same: '' };

function Lines({ chunks, path }: { readonly chunks: readonly DiffChunk[]; readonly path: string }) {
  return (
    <div class="diff-place" tabindex={0} role="region" aria-label={`Changes of ${path}`}>
      <table class="diff">
        {chunks.map((chunk, at) => (
          <tbody key={at}>
            <tr class="diff-heading">
              <td colSpan={3}>{chunk.heading}</td>
            </tr>
            {chunk.lines.map((line, index) => (
              <tr key={index} class={line.kind}>
                <td class="number">{line.after ?? line.before}</td>
                <td class="sign">
                  <span aria-hidden="true">{signs[line.kind]}</span>
                  <span class="said">{spoken[line.kind]}</span>
                </td>
                <td class="code">{line.text.length > COLUMNS ? `${line.text.slice(0, COLUMNS)}…` : line.text}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}
