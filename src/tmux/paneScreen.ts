// What a pane shows, as the escape sequences that draw it on an empty terminal of its size: text and colours, the cursor, and the modes that its
// program has asked for, so that keys and the mouse mean the same there.

export interface PaneScreen {
  readonly columns: number;
  readonly rows: number;
  /** The lines with their colours, those that a wrap broke in one; nothing below the last that shows something. */
  readonly text: string;
  /** What comes before the text, and after it. */
  readonly before: string;
  readonly after: string;
}

interface Mode {
  /** tmux's format. */
  readonly flag: string;
  /** What makes a fresh terminal of that mode, and the value on which it is needed. */
  readonly sequence: string;
  readonly on?: string;
}

/** https://man.openbsd.org/tmux#FORMATS; older versions know fewer, whose values are empty then. */
const modes: readonly Mode[] = [
  { flag: 'insert_flag', sequence: '\u001b[4h' },
  { flag: 'keypad_cursor_flag', sequence: '\u001b[?1h' },
  { flag: 'keypad_flag', sequence: '\u001b=' },
  { flag: 'wrap_flag', sequence: '\u001b[?7l', on: '0' },
  { flag: 'mouse_standard_flag', sequence: '\u001b[?1000h' },
  { flag: 'mouse_button_flag', sequence: '\u001b[?1002h' },
  { flag: 'mouse_all_flag', sequence: '\u001b[?1003h' },
  { flag: 'mouse_utf8_flag', sequence: '\u001b[?1005h' },
  { flag: 'mouse_sgr_flag', sequence: '\u001b[?1006h' },
  { flag: 'bracket_paste_flag', sequence: '\u001b[?2004h' },
  { flag: 'cursor_flag', sequence: '\u001b[?25l', on: '0' },
];

const facts = ['pane_width', 'pane_height', 'cursor_x', 'cursor_y', 'alternate_on', 'scroll_region_upper', 'scroll_region_lower', ...modes.map(({ flag }) => flag)];

/** What `display-message` is asked for; `paneScreen` reads the answer. */
export const SCREEN_FORMAT = facts.map((fact) => `#{${fact}}`).join(',');

/** Of the answers to SCREEN_FORMAT and to `capture-pane -p -e -J`. */
export function paneScreen(answer: string, captured: string): PaneScreen {
  const values = answer.trim().split(',');
  const valueOf = (fact: string): string => values[facts.indexOf(fact)] ?? '';
  const number = (fact: string, otherwise: number): number => (/^\d+$/.test(valueOf(fact)) ? Number(valueOf(fact)) : otherwise);
  const [columns, rows] = [number('pane_width', 80), number('pane_height', 24)];
  const [upper, lower] = [number('scroll_region_upper', 0), number('scroll_region_lower', rows - 1)];
  const region = upper === 0 && lower === rows - 1 ? '' : `\u001b[${upper + 1};${lower + 1}r`;
  const asked = modes.filter(({ flag, on = '1' }) => valueOf(flag) === on).map(({ sequence }) => sequence);
  return {
    columns,
    rows,
    before: `${valueOf('alternate_on') === '1' ? '\u001b[?1049h' : ''}\u001b[H\u001b[2J`,
    text: captured.replace(/\s+$/, '').split('\n').join('\r\n'),
    after: `\u001b[0m${region}\u001b[${number('cursor_y', 0) + 1};${number('cursor_x', 0) + 1}H${asked.join('')}`,
  };
}
