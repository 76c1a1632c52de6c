// What the tree shows below an agent: rows that somebody else knows, asked for when the agent is opened.
import type * as vscode from 'vscode';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { AgentKey } from '../agentKey.ts';

export interface PartRow {
  readonly kind: 'changes' | 'change' | 'hub' | 'hubAgent';
  /** Begins with the agent's key and `#`; of a row beside them with OTHERS and `#`. */
  readonly id: string;
  readonly item: () => vscode.TreeItem;
  readonly children: readonly PartRow[];
}

export interface AgentParts {
  /** Whether the agent can be opened. */
  hasParts(agent: AgentInfo): boolean;
  parts(agent: AgentInfo): Promise<readonly PartRow[]>;
  /** The agent's row was closed, or is gone: its parts need not be kept true any more. */
  closed(key: AgentKey): Promise<void>;
  readonly onDidChangeParts: vscode.Event<AgentKey>;
}

/** Stands for the key of an agent in the ids of rows that belong to none. */
export const OTHERS = 'others';

/** Rows behind those of the agents, which somebody else knows. */
export interface OtherRows {
  rows(): readonly PartRow[];
  readonly onDidChangeRows: vscode.Event<void>;
}

/** The agent that a part's row belongs to. */
export function agentOfPart(id: string): AgentKey {
  return id.slice(0, id.indexOf('#'));
}
