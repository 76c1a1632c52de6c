// What each CLI's event means. Data: the dialects share no name that means two things.
import { LEFT_EVENT, TAKEN_EVENT } from './reporter.ts';

export type HookMeaning =
  /** A conversation began, was continued or was changed. */
  | 'conversation'
  | 'turn-began'
  | 'tool-begins'
  | 'tool-ended'
  | 'permission'
  | 'question'
  | 'answered'
  | 'notification'
  | 'turn-ended'
  | 'turn-failed'
  | 'conversation-ended'
  /** Of the reporter itself: it has taken a decision. */
  | 'taken'
  /** Of the reporter itself: the CLI ended it while it waited for one. */
  | 'left';

export const hookMeanings: Readonly<Record<string, HookMeaning>> = {
  // Claude Code; Codex and Qwen Code took its names over.
  SessionStart: 'conversation',
  UserPromptSubmit: 'turn-began',
  PreToolUse: 'tool-begins',
  PostToolUse: 'tool-ended',
  PostToolUseFailure: 'tool-ended',
  PermissionRequest: 'permission',
  Notification: 'notification',
  Elicitation: 'question',
  ElicitationResult: 'answered',
  Stop: 'turn-ended',
  StopFailure: 'turn-failed',
  SessionEnd: 'conversation-ended',
  // Codex
  Interrupt: 'turn-ended',
  // Gemini CLI
  BeforeAgent: 'turn-began',
  BeforeTool: 'tool-begins',
  AfterTool: 'tool-ended',
  AfterAgent: 'turn-ended',
  // Copilot
  sessionStart: 'conversation',
  userPromptSubmitted: 'turn-began',
  preToolUse: 'tool-begins',
  postToolUse: 'tool-ended',
  permissionRequest: 'permission',
  notification: 'notification',
  agentStop: 'turn-ended',
  errorOccurred: 'turn-failed',
  sessionEnd: 'conversation-ended',
  // The reporter's own
  [TAKEN_EVENT]: 'taken',
  [LEFT_EVENT]: 'left',
};

/** CLIs that tell of their conversation only when its first turn begins: then it proves nothing about being idle (seen in Codex 0.169.0, Copilot 1.0.102). */
export const beginsWithTurn: ReadonlySet<string> = new Set(['codex', 'copilot']);

/** Tools with which a CLI asks the person instead of acting. */
export const askingTools: ReadonlySet<string> = new Set(['AskUserQuestion', 'ask_user_question', 'request_user_input', 'ask_user']);

/** What a notification is about; others tell nothing of the state. */
export const notifications: Readonly<Record<string, 'permission' | 'question' | 'idle'>> = {
  permission_prompt: 'permission',
  ToolPermission: 'permission',
  elicitation_dialog: 'question',
  idle_prompt: 'idle',
};
