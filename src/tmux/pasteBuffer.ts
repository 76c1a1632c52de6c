// A paste of any size as tmux commands: a buffer of its own, filled in pieces, pasted and deleted in one go.
import { randomBytes } from 'node:crypto';
import type { PaneId } from './types.ts';

/** UTF-16 units in one `set-buffer`: keeps a line of the protocol at a size that tmux parses fast. */
const PIECE = 16_384;

export interface PasteCommands {
  /** Lines to send in order, then the paste. */
  readonly fill: readonly (readonly (readonly string[])[])[];
  readonly paste: readonly string[];
  /** Deletes the buffer when the paste came to nothing. */
  readonly forget: readonly string[];
}

/** `-r` keeps line feeds, `-S` control characters, `-p` brackets where the program asked, `-d` deletes the buffer. Its random name keeps two pastes apart. */
export function pasteCommands(pane: PaneId, text: string, { bracketed, raw }: { readonly bracketed: boolean; readonly raw: boolean }): PasteCommands {
  const buffer = `tmux-agents-${randomBytes(8).toString('hex')}`;
  const fill = pieces(text).map((piece, index) => [['set-buffer', ...(index === 0 ? [] : ['-a']), '-b', buffer, '--', piece]]);
  return { fill, forget: ['delete-buffer', '-b', buffer], paste: ['paste-buffer', '-d', '-r', ...(bracketed ? ['-p'] : []), ...(raw ? ['-S'] : []), '-b', buffer, '-t', pane] };
}

/** Cuts between characters, never inside a surrogate pair. */
function pieces(text: string): string[] {
  const cut: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + PIECE);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--;
    cut.push(text.slice(at, end));
    at = end;
  }
  return cut;
}
