// A unified diff as files, chunks and lines to be drawn. Its text comes from an agent: it is only ever text.
import parseDiff from 'parse-diff';

export interface DiffLine {
  readonly kind: 'add' | 'delete' | 'same';
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** Without its first sign. */
  readonly text: string;
}

export interface DiffChunk {
  readonly heading: string;
  readonly lines: readonly DiffLine[];
}

export interface ReadFile {
  readonly path: string;
  /** Of a renamed one. */
  readonly before: string | undefined;
  readonly status: 'added' | 'deleted' | 'renamed' | 'modified';
  readonly additions: number;
  readonly deletions: number;
  readonly chunks: readonly DiffChunk[];
  readonly lines: number;
}

/** Undefined for what is not a diff that can be read: it is shown as it is. */
export function readDiff(diff: string): readonly ReadFile[] | undefined {
  let files: ReturnType<typeof parseDiff>;
  try {
    files = parseDiff(diff);
  } catch {
    return undefined;
  }
  if (files.length === 0 && diff.trim() !== '') return undefined;
  return files.map(({ from, to, chunks, additions, deletions, new: added, deleted }) => {
    const isAdded = added === true || from === '/dev/null';
    const isDeleted = deleted === true || to === '/dev/null';
    const path = (isDeleted ? from : to) ?? to ?? from ?? 'a file';
    const renamed = !isAdded && !isDeleted && from !== undefined && from !== path;
    return {
      path,
      before: renamed ? from : undefined,
      status: isAdded ? 'added' : isDeleted ? 'deleted' : renamed ? 'renamed' : 'modified',
      additions,
      deletions,
      chunks: chunks.map(({ content, changes }) => ({ heading: content, lines: changes.map(lineOf) })),
      lines: chunks.reduce((sum, { changes }) => sum + changes.length, 0),
    };
  });
}

function lineOf(change: parseDiff.Change): DiffLine {
  const text = change.content.slice(1);
  switch (change.type) {
    case 'add':
      return { kind: 'add', before: undefined, after: change.ln, text };
    case 'del':
      return { kind: 'delete', before: change.ln, after: undefined, text };
    case 'normal':
      return { kind: 'same', before: change.ln1, after: change.ln2, text };
  }
}

/** As many of a file's chunks as `most` lines hold. */
export function firstLines(chunks: readonly DiffChunk[], most: number): readonly DiffChunk[] {
  const shown: DiffChunk[] = [];
  let left = most;
  for (const chunk of chunks) {
    if (left <= 0) break;
    shown.push(chunk.lines.length <= left ? chunk : { ...chunk, lines: chunk.lines.slice(0, left) });
    left -= chunk.lines.length;
  }
  return shown;
}
