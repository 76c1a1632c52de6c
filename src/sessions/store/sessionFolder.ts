// The folder of a session: named after its id where that is a plain name, and after its digest where it is not.
import { createHash } from 'node:crypto';

const PLAIN = /^[a-z0-9][a-z0-9_.-]{0,99}$/i;
/** Names that some systems keep for themselves. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** One path segment: never empty, `.`, `..` or hidden, without separators, and different for different ids, also where files know no upper case. */
export function sessionFolderName(sessionId: string, caseCounts = process.platform === 'linux'): string {
  const plain = PLAIN.test(sessionId) && !RESERVED.test(sessionId) && !sessionId.endsWith('.') && !DIGESTED.test(sessionId);
  if (plain && (caseCounts || sessionId === sessionId.toLowerCase())) return sessionId;
  const words = sessionId.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40);
  return `${words || 'session'}.${createHash('sha256').update(sessionId).digest('hex').slice(0, 24)}`;
}

/** An id that looks like a digested name is digested itself: it cannot take another's folder. */
const DIGESTED = /\.[0-9a-f]{24}$/;
