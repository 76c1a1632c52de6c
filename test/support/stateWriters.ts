// Everything that writes into the state folder, each with one write: for tests of a folder that takes none.
import { join } from 'node:path';
import { NO_POLICY } from '../../src/protocol/approvalPolicy.ts';
import type { WorkspaceRecord } from '../../src/protocol/workspaceRecord.ts';
import { KeptHomes } from '../../src/runtimes/docker/keptHomes.ts';
import { AdoptedStore } from '../../src/runtimes/local/adoptedStore.ts';
import { AgentFolders } from '../../src/runtimes/local/agentFolders.ts';
import { ConversationStore } from '../../src/sessions/conversations/conversationStore.ts';
import { PolicyStore } from '../../src/sessions/policy/policyStore.ts';
import { SessionLog } from '../../src/sessions/policy/sessionLog.ts';
import { addPrompt, newPrompt } from '../../src/sessions/prompts/promptQueue.ts';
import { PromptStore } from '../../src/sessions/prompts/promptStore.ts';
import { WorkspaceStore } from '../../src/workspaces/workspaceStore.ts';
import { exampleAgent } from './exampleAgent.ts';

export interface StateWriter {
  readonly name: string;
  /** The folder that its error names, below the state folder. */
  readonly folder: string;
  /** `text`: some thousand characters that it has to keep. */
  write(text: string): Promise<unknown>;
}

const agent = exampleAgent();
const [agentId, createdAt] = [agent.agentId, agent.createdAt];

/** `state` takes the place of `$XDG_STATE_HOME`. */
export function stateWriters(state: string): readonly StateWriter[] {
  const below = (name: string): string => join(state, 'tmux-agents', name);
  const env = { XDG_STATE_HOME: state };
  const workspace = (path: string): WorkspaceRecord => ({ v: 1, id: 'w1', kind: 'folder', path, createdAt });
  const adopted = (taskTitle: string) => ({ v: 1 as const, agentId, name: 'a', aiProvider: 'custom', taskTitle, workingDirectory: '/', sessionName: 's', runtimeId: 'local', owner: 'o', createdAt, sessionId: '$1' as const, sessionCreated: 1 });
  return [
    { name: 'a prompt that waits', folder: below('prompts'), write: (text) => new PromptStore(below('prompts')).update(agent, (queue) => addPrompt(queue, newPrompt(text, { kind: 'text', now: 1 }))) },
    { name: 'a policy', folder: below('policy'), write: (text) => new PolicyStore({ folder: below('policy') }).choose(agent, { ...NO_POLICY, commands: [text] }) },
    { name: 'a decision', folder: below('log'), write: (text) => new SessionLog(below('log')).append({ v: 1, at: createdAt, agentId, id: 'x', by: 'person', who: 'me', face: 'test', kind: 'permission', decision: 'approve', text, risk: 'low', outcome: 'done' }) },
    {
      name: 'a conversation',
      folder: below('conversations'),
      write: async (taskTitle) => Promise.resolve().then(() => new ConversationStore(below('conversations')).write({ v: 1, agentId, name: 'a', aiProvider: 'claude', taskTitle, workingDirectory: '/', runtimeId: 'local', runtimeType: 'local', createdAt, conversations: [] })),
    },
    { name: 'a workspace', folder: below('workspaces'), write: (path) => Promise.resolve().then(() => new WorkspaceStore(below('workspaces')).write(workspace(path))) },
    { name: 'an adopted session', folder: join(state, 'tmux-agents'), write: (text) => Promise.resolve().then(() => new AdoptedStore(below('adopted.json')).update(() => [adopted(text)])) },
    { name: 'the files of an agent', folder: below('agents'), write: (content) => new AgentFolders(undefined, env).place(agentId, [{ name: 'hooks/settings.json', content }]) },
    { name: 'a kept home', folder: below('homes'), write: () => new KeptHomes(env).make(agentId, { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }) },
  ];
}
