// `tmux-agents best-of`: one task to several agents, each in a worktree of its own; shows how they do, and picks one.
import { AgentsError } from '../../base/errors.ts';
import type { AttemptGroup } from '../../protocol/attemptGroup.ts';
import type { AttemptView } from '../../protocol/panelMessages.ts';
import { AttemptStore } from '../../runner/attempts/attemptStore.ts';
import { pickAttempt } from '../../runner/attempts/pickAttempt.ts';
import { startAttempts } from '../../runner/attempts/startAttempts.ts';
import { testAttempt, testCommandOf } from '../../runner/attempts/testAttempt.ts';
import { viewAttempts } from '../../runner/attempts/viewAttempts.ts';
import type { Managed } from '../../runner/createRuntimeManager.ts';
import { silentLog } from '../../base/log.ts';
import { sessionsFolder } from '../../sessions/recorder/sessionFolders.ts';
import { durationText } from '../../protocol/timeline/timelineWords.ts';
import { WorkspaceManager } from '../../workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';
import { plainText } from '../plainText.ts';
import { statusText } from '../statusText.ts';
import { numberOf } from './timeline.ts';

export interface BestOfCommandOptions extends CommonOptions {
  readonly task?: string;
  readonly provider?: readonly string[];
  readonly times?: string;
  readonly cwd?: string;
  readonly show?: string;
  readonly test?: string;
  readonly pick?: string;
  readonly autopilot?: boolean;
}

export const bestOf: Command<BestOfCommandOptions> = (face, options) => {
  const { output, around, config } = face;
  const [store, records] = [new AttemptStore(), new WorkspaceStore()];
  return withManager(face, undefined, async (managed) => {
    const { signal } = around;
    let group: AttemptGroup;
    const onProgress = (message: string): void => output.progress(message);
    if (options.task !== undefined) {
      const chosen = options.provider ?? [config.defaults.provider];
      const times = options.times === undefined ? (chosen.length > 1 ? 1 : 2) : numberOf(options.times, '--times', 1);
      const providers = chosen.flatMap((provider) => Array.from({ length: times }, () => provider));
      const workspaces = new WorkspaceManager({ store: records });
      group = await startAttempts({ task: options.task, providers, folder: options.cwd ?? around.cwd, runtimeId: options.runtime ?? config.defaults.runtime, withChanges: true, ...(options.autopilot === undefined ? {} : { autoPilot: options.autopilot }) }, { managed, workspaces, store }, { signal, onProgress });
    } else {
      group = options.show === undefined ? latest(store) : store.require(options.show);
      if (options.test !== undefined) {
        const command = testCommandOf(group.folder);
        if (command === undefined) throw new AgentsError('not-found', `${group.folder} has no test command.`, { hint: 'Put {"test": "npm test"} into .tmux-agents.json there.' });
        await testAttempt(group, options.test, command, { records, store, signal });
      }
      if (options.pick !== undefined) await pickAttempt(group.id, options.pick, { manager: managed.manager, records, store, onProgress });
      group = store.require(group.id);
    }
    const attempts = await views(group, managed, records, sessionsFolder(around.env));
    output.answer({ ...group, attempts: group.attempts.map((attempt, index) => ({ ...attempt, ...attempts[index] })) }, () => [`${group.id}: ${plainText(group.task)}`, ...attempts.map(attemptText)].join('\n'));
    const tested = group.attempts.find(({ agentId }) => agentId === options.test)?.tests;
    if (tested === undefined || tested.exitCode === 0) return ExitCode.OK;
    if (!output.json) output.note(tested.tail.split('\n').map(plainText).join('\n'));
    return ExitCode.FAILURE;
  }, { tidiesUp: true });
};

function latest(store: AttemptStore): AttemptGroup {
  const [group] = store.list();
  if (group !== undefined) return group;
  throw new AgentsError('not-found', 'There are no attempts yet.', { hint: 'Begin some with: tmux-agents best-of --task "..." --provider claude --provider codex' });
}

async function views(group: AttemptGroup, { manager, status }: Managed, records: WorkspaceStore, sessions: string): Promise<readonly AttemptView[]> {
  const ids = new Set(group.attempts.map(({ agentId }) => agentId));
  const agents = (await manager.listAllAgents()).filter(({ agentId }) => ids.has(agentId));
  const statuses = await status.look(agents);
  const stateOf = (agentId: string): Pick<AttemptView, 'state' | 'tone' | 'live'> => {
    const agent = agents.find((one) => one.agentId === agentId);
    return { state: agent === undefined ? 'gone' : statusText(agent, statuses.get(agent)), tone: 'none', live: agent?.status === 'running' };
  };
  return viewAttempts(group, { sessions, records, stateOf, testing: new Set(), log: silentLog });
}

function attemptText({ agentId, label, state, outcome, seconds, files, added, removed, tests, branch, note }: AttemptView): string {
  const size = files === undefined ? '' : `${files} files +${added ?? 0} -${removed ?? 0}`;
  const tested = tests === undefined || tests.running ? '' : tests.exitCode === 0 ? 'tests pass' : `tests: exit ${tests.exitCode ?? 'timeout'}`;
  const parts = [outcome ?? state, seconds === undefined ? '' : durationText(seconds * 1000), size, tested, branch ?? ''].filter((part) => part !== '');
  return `  ${plainText(label)}  [${agentId}]  ${parts.join('  ')}${note === undefined ? '' : `\n    ${plainText(note)}`}`;
}
