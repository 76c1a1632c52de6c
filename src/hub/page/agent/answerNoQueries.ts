// A terminal that answers no questions. What a program asks its terminal (who are you, where is the cursor) tmux has answered on the runner:
// an answer from here would arrive as if somebody had typed it.
import type { Terminal } from '@xterm/xterm';
import { DisposableStore, type Disposable } from '../../../base/disposable.ts';

export function answerNoQueries({ parser }: Terminal): Disposable {
  const owned = new DisposableStore();
  const silence = (): boolean => true;
  // Device attributes, device status, requested modes, the emulator's version, the window's size.
  for (const id of [{ final: 'c' }, { prefix: '>', final: 'c' }, { prefix: '=', final: 'c' }, { final: 'n' }, { prefix: '?', final: 'n' }, { intermediates: '$', final: 'p' }, { prefix: '?', intermediates: '$', final: 'p' }, { prefix: '>', final: 'q' }, { final: 't' }]) owned.add(parser.registerCsiHandler(id, silence));
  owned.add(parser.registerDcsHandler({ intermediates: '$', final: 'q' }, silence));
  // Colours: setting them is fine, asking for them is not.
  for (const code of [4, 10, 11, 12]) owned.add(parser.registerOscHandler(code, (data) => data.split(';').includes('?')));
  return owned;
}
