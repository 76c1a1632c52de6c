// An agent's output for somebody's own terminal: what is drawn stays; strings for the terminal itself (clipboard, titles, notifications, device control) and questions to it go.

const ESC = '\u001b';
/** Longest beginning of a string or a sequence that is waited for. */
const HELD = 64 * 1024;

/** Whole: OSC, DCS, SOS, PM and APC strings, and requests that a terminal would answer as if somebody typed. */
const removed = /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b\[[?>=]?[0-9;]*[cn]|\u0005/g;
/** What the end of a piece may have broken off. */
const unfinished = /\u001b(?:[\]PX^_][^\u0007\u001b]*\u001b?|\[[?>=]?[0-9;]*)?$/;

export class HarmlessOutput {
  #held = '';

  /** Fed with pieces cut anywhere. */
  take(data: string): string {
    const text = this.#held + data;
    const from = text.includes(ESC) ? text.search(unfinished) : -1;
    const cut = from < 0 || text.length - from > HELD ? text.length : from;
    this.#held = text.slice(cut);
    return text.slice(0, cut).replace(removed, '');
  }
}
