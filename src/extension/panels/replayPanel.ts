// A session's recorded terminal in a panel: sends the recording to its page in pieces, with marks of what happened.
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { messageOf } from '../../base/errors.ts';
import { FromReplay, type ReplayMark, type ToReplay } from '../../protocol/panelMessages.ts';
import { readJournal } from '../../sessions/journal/readJournal.ts';
import { castBegan, castPieces, isCut } from '../../sessions/timeline/readCast.ts';
import { Timeline } from '../../protocol/timeline/timeline.ts';
import type { Services } from '../services.ts';
import { showError } from '../showError.ts';

export interface ReplaySubject {
  readonly sessionId: string;
  readonly name: string;
  /** Where to begin: Unix time in ms. */
  readonly at: number | undefined;
}

/** Marked on the time line; the rest would hide them. */
const marked: ReadonlySet<string> = new Set(['prompt', 'approval', 'commit']);

/** Goes to a moment (Unix time in ms) in a panel that is open already. */
export function seekReplay(panel: vscode.WebviewPanel, folder: string, at: number): void {
  const began = castBegan(folder);
  if (began !== undefined) void panel.webview.postMessage({ type: 'seek', at: Math.max(0, at / 1000 - began) } satisfies ToReplay);
}

/** Serves a panel's page. `root` holds the sessions' folders. */
export function serveReplay(panel: vscode.WebviewPanel, { sessionId, name, at }: ReplaySubject, root: string, { log }: Pick<Services, 'log'>): void {
  const folder = join(root, sessionId);
  const post = (message: ToReplay): void => void panel.webview.postMessage(message);
  const send = async (): Promise<void> => {
    post({ type: 'head', name, marks: await marksOf(folder), cut: isCut(folder) });
    if (at !== undefined) seekReplay(panel, folder, at);
    for await (const text of castPieces(folder)) post({ type: 'piece', text, last: false });
    post({ type: 'piece', text: '', last: true });
  };
  panel.webview.onDidReceiveMessage((raw: unknown) => {
    const message = FromReplay.safeParse(raw);
    if (!message.success) return log.warn(`The replay's page said what it cannot say: ${messageOf(message.error)}`);
    send().catch((error: unknown) => showError(error, log));
    return undefined;
  });
}

async function marksOf(folder: string): Promise<ReplayMark[]> {
  const began = castBegan(folder);
  if (began === undefined) return [];
  const timeline = new Timeline();
  for await (const event of readJournal(folder)) timeline.take(event);
  return timeline.entries.filter(({ kind }) => marked.has(kind)).map(({ ts, title, kind }) => ({ at: Math.max(0, ts / 1000 - began), title, kind }));
}
