// Why a prompt waits, in words.
import type { HoldReason } from './delivery.ts';

const texts: Readonly<Record<HoldReason, string>> = {
  busy: 'waits until the agent has done its work',
  starting: 'waits until the agent has started',
  waiting: 'waits until what the agent asks is answered',
  draft: "waits because somebody's text is in the agent's input line",
  'no-input': "waits because the agent's screen shows no input line",
  paused: 'waits until the agent is resumed',
  unreachable: 'waits until the agent can be reached',
};

export function holdText(reason: HoldReason): string {
  return texts[reason];
}
