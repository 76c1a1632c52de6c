// What a failure of git means for a cache: damaged objects, a network that is away, or a repository that refuses.
import { isAgentsError } from '../base/errors.ts';

const DAMAGE = /corrupt|bad object|bad signature|unable to read|missing (?:blob|tree|commit|object)|not a git repository|loose object|invalid object|packfile|pack has bad|index file|did not send all necessary objects|could not parse|garbage|unable to parse|bad config|not a valid object|object file .* is empty|reference broken|unable to resolve reference|bad ref/i;
const AWAY = /could not resolve host|network is unreachable|no route to host|connection (?:timed out|refused|reset|closed)|failed to connect|couldn't connect|could not connect|temporary failure|operation timed out/i;
const REFUSED = /authentication failed|could not read (?:username|password|from remote)|permission denied|repository not found|returned error: 4\d\d|does not appear to be a git repository|terminal prompts disabled/i;

export type FailureKind = 'damage' | 'away' | 'refused' | 'other';

export function failureKind(error: unknown): FailureKind {
  if (isAgentsError(error, 'timeout')) return 'away';
  if (!isAgentsError(error, 'git-failed')) return 'other';
  if (/No space left|Disk quota/i.test(error.message)) return 'other';
  if (AWAY.test(error.message)) return 'away';
  if (REFUSED.test(error.message)) return 'refused';
  return DAMAGE.test(error.message) ? 'damage' : 'other';
}
