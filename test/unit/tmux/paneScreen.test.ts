import assert from 'node:assert/strict';
import { paneScreen, SCREEN_FORMAT } from '../../../src/tmux/paneScreen.ts';

const answer = (values: Readonly<Record<string, string>>): string =>
  SCREEN_FORMAT.replaceAll(/#\{(\w+)\}/g, (_, fact: string) => ({ pane_width: '100', pane_height: '30', cursor_x: '4', cursor_y: '2', alternate_on: '0', scroll_region_upper: '0', scroll_region_lower: '29', wrap_flag: '1', cursor_flag: '1', ...values })[fact] ?? '');

describe('what a pane shows', () => {
  it('is drawn line by line, the cursor where it is, nothing below the last text', () => {
    const { columns, rows, before, text, after } = paneScreen(answer({}), 'one\n\u001b[31mtwo\u001b[0m\n$ ls\n\n\n');
    assert.deepEqual([columns, rows], [100, 30]);
    assert.equal(before + text + after, '\u001b[H\u001b[2Jone\r\n\u001b[31mtwo\u001b[0m\r\n$ ls\u001b[0m\u001b[3;5H');
  });

  it('comes with the modes that its program asked for', () => {
    const { before, after } = paneScreen(answer({ alternate_on: '1', keypad_cursor_flag: '1', mouse_button_flag: '1', mouse_sgr_flag: '1', cursor_flag: '0', wrap_flag: '0', scroll_region_lower: '20' }), '');
    assert.equal(before, '\u001b[?1049h\u001b[H\u001b[2J');
    assert.equal(after, '\u001b[0m\u001b[1;21r\u001b[3;5H\u001b[?1h\u001b[?7l\u001b[?1002h\u001b[?1006h\u001b[?25l');
  });

  it('makes do with what an older tmux, or none, answers', () => {
    assert.deepEqual(paneScreen('', 'x'), { columns: 80, rows: 24, before: '\u001b[H\u001b[2J', text: 'x', after: '\u001b[0m\u001b[1;1H' });
  });
});
