// Adopt tmux Session and Release: a session that was started by hand joins the view, or leaves it; it is never changed by that.
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import { LocalRuntime } from '../../runtimes/local/localRuntime.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { SessionId } from '../../tmux/types.ts';
import { oneAgent } from '../agentArgument.ts';
import { runtimeOf } from '../agentKey.ts';
import type { CommandHandler } from '../services.ts';

interface SessionPick extends vscode.QuickPickItem {
  readonly sessionId: SessionId;
}

export const adopt: CommandHandler = async (services) => {
  await services.fleet.start();
  const name = await services.fleet.use(async (manager) => {
    const runtime = localRuntime(manager);
    const sessions = await runtime.listAdoptable();
    if (sessions.length === 0) {
      void vscode.window.showInformationMessage('Your tmux server has no session that could be adopted. Start one in any terminal: tmux new-session.');
      throw cancelled();
    }
    const items = sessions.map(
      (session): SessionPick => ({
        sessionId: session.id,
        label: session.name,
        description: `${session.windows} ${session.windows === 1 ? 'window' : 'windows'}`,
        detail: `since ${new Date(session.created * 1_000).toLocaleString()}`,
        iconPath: new vscode.ThemeIcon('terminal-tmux'),
      }),
    );
    const chosen = await vscode.window.showQuickPick(items, { title: 'Adopt tmux Session', placeHolder: 'Which session of your own tmux server should the Agents view show?' });
    if (chosen === undefined) throw cancelled();
    return (await runtime.adopt(chosen.sessionId, { name: chosen.label })).name;
  });
  await services.fleet.refresh();
  vscode.window.setStatusBarMessage(`$(check) Adopted ${name}`, 4_000);
};

export const release: CommandHandler = async (services, ...args) => {
  const agent = await oneAgent(services, args, { placeHolder: 'Release which adopted session?', accept: (candidate) => candidate.adopted === true });
  if (agent.adopted !== true) throw new AgentsError('bad-input', `${agent.name} was not adopted: it was spawned, and can only be killed.`);
  await services.fleet.use((manager) => {
    const runtime = manager.get(runtimeOf(agent));
    if (!(runtime instanceof LocalRuntime)) throw new AgentsError('unsupported', 'Only sessions of this machine can be adopted and released.');
    runtime.release(agent.handle);
  });
  await services.fleet.refresh();
};

function localRuntime(manager: RuntimeManager): LocalRuntime {
  for (const id of manager.runtimeIds) {
    const runtime = manager.get(id);
    if (runtime instanceof LocalRuntime) return runtime;
  }
  throw new AgentsError('runtime-unavailable', 'Sessions are adopted by the local runtime, which is switched off.', { hint: 'Switch it on: tmuxAgents.local.enabled.' });
}
