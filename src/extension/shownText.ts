// Text that agents wrote, as people may see it: one line for rows and notifications, every hidden character laid open for an approval.

const BREAKS = /[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** Characters that turn or hide the text around them without being seen. */
const HIDDEN = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
/** Control characters but newline and tab, and the hidden ones. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

/** One line without hidden characters, at most `length` characters long. */
export function oneLine(text: string, length = 200): string {
  const line = text.slice(0, length * 8).replace(HIDDEN, '').replace(BREAKS, ' ').trim();
  const characters = [...line];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : line;
}

/** For VS Code's notifications, which make links and commands of `[text](command:...)`: an agent's text never becomes one. */
export function notificationText(text: string, length = 200): string {
  return oneLine(text, length).replaceAll('](', '] (');
}

/** Whole, lines and all, with what cannot be seen written as `\u202e`: what somebody approves must be what they read. */
export function laidOpen(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(UNSEEN, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
