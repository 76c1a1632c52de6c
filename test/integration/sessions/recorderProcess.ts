// A face that records, as a process of its own, so that it can be killed: says `ready`, then `writes` once it writes the journal of the agent that it is told.
import { parseConfig } from '../../../src/protocol/config.ts';
import { createRuntimeManager } from '../../../src/runner/createRuntimeManager.ts';
import { recordSessions } from '../../../src/runner/recordSessions.ts';
import { sessionsFolder } from '../../../src/sessions/recorder/sessionFolders.ts';
import { SessionFollower } from '../../../src/sessions/timeline/followSessions.ts';

const managed = createRuntimeManager(parseConfig({ runtimes: { docker: false, local: { socketName: process.env['RECORDER_SOCKET'] ?? '' } } }, 'the test'), { face: 'other' });
managed.manager.watch();
managed.status.follow();
managed.approvals.follow();
managed.prompts.follow();
const recorder = recordSessions(managed);
process.send?.('ready');
process.on('message', (agentId) => {
  const look = (): void => {
    const agent = managed.manager.find(String(agentId));
    if (agent !== undefined && recorder.isWriter(agent)) process.send?.('writes');
  };
  managed.manager.onDidChangeAgents(look);
  void SessionFollower.open({ folder: sessionsFolder(), agentId: String(agentId), onEvents: look });
  // It becomes the writer when the other one lets go, which is an event of the lock and of nothing that is seen here.
  setInterval(look, 20);
});
