// The conversation that a CLI names when it ends ("resume with ..."): its last word on it, read off the dead pane.
import type { Provider } from '../../providers/provider.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { waitFor } from '../../base/wait.ts';

/** Milliseconds that the place has to answer. */
const READ_MS = 2_000;

/** Lines of the end of the pane that are read, and those with text that count: what stands above them is of the conversation itself. */
const READ_LINES = 60;
const LAST_LINES = 6;

/** Undefined unless the CLI ended by itself, without an error, and its pane is still there. Never fails. */
export async function conversationInFarewell(manager: RuntimeManager, agent: AgentInfo, provider: Provider | undefined, signal?: AbortSignal): Promise<string | undefined> {
  if (provider?.farewell === undefined || agent.adopted === true || agent.status !== 'exited' || agent.exitCode !== 0) return undefined;
  try {
    return farewellOf(await waitFor(manager.readOutput(agent.handle, READ_LINES), { timeoutMs: READ_MS, signal, what: `the last words of "${agent.name}"` }), provider.farewell);
  } catch {
    return undefined;
  }
}

/** The id in the last of the pane's last lines that is a farewell. */
export function farewellOf(screen: string, farewell: RegExp): string | undefined {
  const lines = screen.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return lines.slice(-LAST_LINES).flatMap((line) => farewell.exec(line)?.[1] ?? []).at(-1);
}
