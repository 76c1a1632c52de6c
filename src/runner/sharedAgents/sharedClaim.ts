// What an agent's status says, as it goes to a hub: the claim alone, without secrets.
import type { StatusClaim } from '../../protocol/agentStatus.ts';

export function sharedClaim(status: StatusClaim, redact: (text: string) => string): StatusClaim {
  switch (status.state) {
    case 'waiting':
      return { state: 'waiting', kind: status.kind, text: redact(status.text) };
    case 'error':
      return { state: 'error', message: redact(status.message) };
    case 'exited':
      return { state: 'exited', exitCode: status.exitCode, ...(status.signal === undefined ? {} : { signal: status.signal }) };
    case 'unknown':
      return { state: 'unknown', reason: status.reason };
    case 'starting':
    case 'working':
    case 'idle':
      return { state: status.state };
  }
}
