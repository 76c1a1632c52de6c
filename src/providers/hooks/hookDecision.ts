// A decision as Claude Code takes it from a PermissionRequest hook (seen in 2.1.329): one line of JSON.
import * as z from 'zod';
import type { HookReport } from '../status/hookReport.ts';
import { readPayload, requestOf } from './hookPayload.ts';

/** `always` also allows the next ones like it, until the agent's session ends. */
export type HookDecision = { readonly behavior: 'allow'; readonly always: boolean } | { readonly behavior: 'deny'; readonly message?: string };

/** Characters of a denial's note that reach the agent. */
const MAX_NOTE = 4_000;

const Rule = z.object({ toolName: z.string(), ruleContent: z.string().optional() });
const Suggestions = z.object({ permission_suggestions: z.array(z.unknown()) });
const AddRules = z.object({ type: z.literal('addRules'), rules: z.array(Rule).min(1), behavior: z.literal('allow') });

/** What the hook prints, in ASCII: tmux hands other characters on only where its client's locale knows them. `payload` is the one of the request. */
export function decisionOutput(decision: HookDecision, payload: HookReport['payload']): string {
  const taken =
    decision.behavior === 'deny'
      ? { behavior: 'deny', ...(decision.message === undefined ? {} : { message: decision.message.slice(0, MAX_NOTE) }) }
      : { behavior: 'allow', ...(decision.always ? { updatedPermissions: alwaysRules(payload) } : {}) };
  const json = JSON.stringify({ hookSpecificOutput: { hookEventName: 'PermissionRequest', decision: taken } });
  return json.replace(/[^\u0020-\u007e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * The rules that the CLI itself suggests, else one for exactly this command, or for this tool. Only ever for the running session: the
 * person's settings are theirs, and a suggestion that changes the mode or adds folders allows more than the like of this request.
 */
function alwaysRules(payload: HookReport['payload']): unknown[] {
  const suggested = Suggestions.safeParse(payload);
  const rules = suggested.success
    ? suggested.data.permission_suggestions.flatMap((suggestion) => {
        const parsed = AddRules.safeParse(suggestion);
        return parsed.success ? parsed.data.rules : [];
      })
    : [];
  const read = readPayload(payload);
  const { tool, command } = requestOf('', read);
  const own = tool === undefined ? [] : [{ toolName: tool, ...(command === undefined ? {} : { ruleContent: command }) }];
  const chosen = rules.length > 0 ? rules : own;
  return chosen.length === 0 ? [] : [{ type: 'addRules', rules: chosen, behavior: 'allow', destination: 'session' }];
}
