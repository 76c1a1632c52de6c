// Waits until an agent's screen shows what is expected: looked at again with each output.
import { Emitter } from '../../../../../src/base/event.ts';
import { waitForEvent } from '../../../../../src/base/wait.ts';
import type { TmuxService } from '../../../../../src/tmux/tmuxService.ts';
import type { PaneId } from '../../../../../src/tmux/types.ts';

export async function screenShows(tmux: TmuxService, pane: PaneId, expected: RegExp, timeoutMs = 15_000): Promise<void> {
  const shown = new Emitter<void>();
  const look = (): void => void tmux.capture(pane).then((screen) => expected.test(screen) && shown.fire(), () => undefined);
  const subscription = tmux.onPaneOutput(pane, look);
  const waiting = waitForEvent(shown.event, () => true, { timeoutMs, what: `${String(expected)} on the screen` });
  look();
  await waiting.finally(() => subscription.dispose());
}
