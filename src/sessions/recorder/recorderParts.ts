// What a recorder works with: where it reads what happened, and where it writes it down.
import type { Disposable } from '../../base/disposable.ts';
import type { Log } from '../../base/log.ts';
import type { Redactor } from '../../base/redact.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { DecisionRecord } from '../../protocol/decisionRecord.ts';
import type { PromptQueueFile } from '../../protocol/promptQueue.ts';
import type { DiffTotals, UsageMetrics } from '../../protocol/runnerEvent.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { PendingApproval } from '../approvals/pendingApproval.ts';

/** A recording of a terminal that is under way. */
export interface TerminalRecording extends Disposable {
  /** Bytes of output so far. */
  readonly bytes: number;
}

export interface RecorderParts {
  /** Holds a folder for each session. */
  readonly folder: string;
  readonly orgId: string;
  readonly log: Log;
  readonly statusOf: (agent: AgentInfo) => AgentStatus | undefined;
  readonly approvalOf: (agent: AgentInfo) => PendingApproval | undefined;
  /** The agent's prompts on disk: those that wait, and what became of the latest ones. May throw. */
  readonly queueOf: (agent: AgentInfo) => PromptQueueFile;
  /** The latest decisions about the agent's requests, of all faces, the newest last. */
  readonly decisionsOf: (agentId: string) => Promise<readonly DecisionRecord[]>;
  /** Of its CLI; undefined where that cannot be told. Never rejects. */
  readonly versionOf: (agent: AgentInfo) => Promise<string | undefined>;
  /** `AgentRuntime.place` of its runtime. */
  readonly placeOf: (agent: AgentInfo) => string | undefined;
  /** What changed in the agent's folder since that commit, or since its workspace's base; undefined where that cannot be told. Runs git. */
  readonly diffOf: (agent: AgentInfo, head: string | undefined) => Promise<DiffTotals | undefined>;
  /** What the CLI's own logs say of its usage, and what its processes use now; nothing where none are known. Asked at the end of each turn. */
  readonly usageOf: (agent: AgentInfo) => Promise<Partial<UsageMetrics>>;
  /** Follows the files of the agent's folder; undefined where nobody does. */
  readonly watchFiles: (agent: AgentInfo, onTouch: (path: string, reason: 'read' | 'write' | 'delete') => void) => Disposable | undefined;
  /** Records what the agent writes to its terminal, into the session's folder; undefined when that is switched off. */
  readonly recordTerminal: ((agent: AgentInfo, folder: string, redactor: Redactor) => Promise<TerminalRecording>) | undefined;
}
