// Texts that somebody else wrote (names, tasks, folders) as one line of a terminal: nothing that drives it or turns its direction, no wider than wanted.

const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** What changes the direction of the text around it, without being seen itself. */
export const bidiMarks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function plainText(text: string): string {
  return text.replace(control, ' ').replace(bidiMarks, '').trim();
}

/** Cuts between characters; what is cut ends in an ellipsis. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = '';
  let used = 1;
  for (const character of text) {
    used += textWidth(character);
    if (used > width) break;
    cut += character;
  }
  return width < 1 ? '' : `${cut}…`;
}

/** Columns of a terminal that the text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += /[\p{Mn}\p{Me}\u200b-\u200d\ufe00-\ufe0f]/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

const wide = /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
