// Makes a screen of a capture: text without escapes, and what is drawn faint or marked.
import type { LineStyles, MarkedRange, Range, Screen } from './screenTypes.ts';

export interface ScreenFacts {
  readonly title?: string | undefined;
  readonly version?: string | undefined;
}

/** Escape sequences: CSI, OSC (links) and the short ones. */
const ESCAPE = /\u001b(?:\[([0-9;:]*)([A-Za-z])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()][A-Za-z0-9]|[^[\]()])/g;
const CONTROL = /[\u0000-\u001a\u001c-\u001f\u007f]/g;
const MAX_LINES = 1000;
const MAX_COLUMNS = 2000;

interface Pen {
  faint: boolean;
  reversed: boolean;
  /** The parameters that chose it; empty for the default one. */
  background: string;
  underlined: boolean;
  /** The parameters that chose the text's colour; empty for the default one. */
  colour: string;
}

interface Run {
  readonly from: number;
  readonly to: number;
  /** One cell that may be a cursor which the program draws itself. */
  readonly cursor: boolean;
  readonly colour: string;
}

/** `capture` as tmux prints a pane, with escapes (`-e`) or without; further lines and columns than any pane has are left out. */
export function readScreen(capture: string, { title, version }: ScreenFacts = {}): Screen {
  const raw = capture.replace(/\r?\n$/, '').split(/\r?\n/).slice(-MAX_LINES);
  const facts = { ...(title === undefined ? {} : { title }), ...(version === undefined ? {} : { version }) };
  if (!capture.includes('\u001b')) return { lines: raw.map((line) => line.slice(0, MAX_COLUMNS).replace(CONTROL, ' ').trimEnd()), ...facts };
  // The attributes go on over the end of a line.
  const pen: Pen = { faint: false, reversed: false, background: '', underlined: false, colour: '' };
  const read = raw.map((line) => readLine(line, pen));
  return { lines: read.map(({ text }) => text), styles: read.map(({ styles }) => styles), ...facts };
}

function readLine(line: string, pen: Pen): { readonly text: string; readonly styles: LineStyles } {
  const faint: Range[] = [];
  const marked: MarkedRange[] = [];
  const runs: Run[] = [];
  let text = '';
  let end = 0;
  const take = (upTo: number): void => {
    const plain = line.slice(end, upTo).replace(CONTROL, ' ').replaceAll('\u001b', '').slice(0, Math.max(0, MAX_COLUMNS - text.length));
    if (plain !== '') {
      const [from, to] = [text.length, text.length + plain.length];
      const last = faint.at(-1);
      if (pen.faint && last?.[1] === from) faint[faint.length - 1] = [last[0], to];
      else if (pen.faint) faint.push([from, to]);
      runs.push({ from, to, cursor: plain.length === 1 && (pen.underlined || pen.reversed), colour: pen.colour });
      const background = `${pen.reversed ? 'reversed ' : ''}${pen.background}`;
      const lastMarked = marked.at(-1);
      if (background !== '' && lastMarked?.[1] === from && lastMarked[2] === background) marked[marked.length - 1] = [lastMarked[0], to, background];
      else if (background !== '') marked.push([from, to, background]);
      text += plain;
    }
  };
  for (const found of line.matchAll(ESCAPE)) {
    take(found.index);
    end = found.index + found[0].length;
    if (found[2] === 'm') draw(pen, found[1] ?? '');
  }
  take(line.length);
  // A cursor at the start of coloured text stands before a suggestion, not in what was typed.
  runs.forEach((run, index) => {
    const next = runs[index + 1];
    if (run.cursor && next !== undefined && !next.cursor && next.colour !== '') faint.push([run.from, next.to]);
  });
  return { text: text.trimEnd(), styles: { faint, marked } };
}

/** Takes over the parameters of one SGR sequence. */
function draw(pen: Pen, parameters: string): void {
  const codes = parameters.split(';').map((code) => Number.parseInt(code, 10) || 0);
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 0) Object.assign(pen, { faint: false, reversed: false, background: '', underlined: false, colour: '' });
    else if (code === 2) pen.faint = true;
    else if (code === 22) pen.faint = false;
    else if (code === 7) pen.reversed = true;
    else if (code === 27) pen.reversed = false;
    else if (code === 4) pen.underlined = true;
    else if (code === 24) pen.underlined = false;
    else if (code === 39) pen.colour = '';
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) pen.colour = String(code);
    else if (code === 49) pen.background = '';
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) pen.background = String(code);
    else if (code === 38 || code === 48) {
      // A colour follows, whose numbers are no attributes: 5;N or 2;R;G;B.
      const length = codes[index + 1] === 5 ? 2 : codes[index + 1] === 2 ? 4 : 0;
      const chosen = codes.slice(index, index + length + 1).join(';');
      if (code === 48) pen.background = chosen;
      else pen.colour = chosen;
      index += length;
    }
  }
}
