// What an agent may reach over the network, as settings, configs and records say it; and one attempt as its audit log tells it.
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import * as z from 'zod';

/** `restricted`: only what is allowed, through a proxy that writes each attempt down. */
export const NetworkMode = z.enum(['open', 'restricted']);
export type NetworkMode = z.infer<typeof NetworkMode>;

/** One entry of an allowlist, taken apart. */
export interface HostRule {
  /** As it was written: the audit log names it. */
  readonly text: string;
  /** `any`: every public host. `name`: this name alone. `below`: all names below it, itself not included. */
  readonly kind: 'any' | 'name' | 'below' | 'address';
  /** A name in lower case (ASCII), or an IP address; empty for `any`. */
  readonly host: string;
  /** Absent: 443 and 80. */
  readonly port?: number;
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Reads `host`, `*.domain`, `*`, an IPv4 or `[IPv6]` address, each with `:port` or without. Undefined for anything else. */
export function parseHostRule(text: string): HostRule | undefined {
  const { name, bracketed, port: digits } = /^(?:\[(?<bracketed>[^\]]*)\]|(?<name>[^:\s/[\]]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups ?? {};
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const rule = (kind: HostRule['kind'], host: string): HostRule => ({ text, kind, host, ...(port === undefined ? {} : { port }) });
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? rule('address', new URL(`http://[${bracketed}]`).hostname.slice(1, -1)) : undefined;
  if (name === undefined) return undefined;
  if (name === '*') return rule('any', '');
  if (isIP(name) === 4) return rule('address', name);
  const below = name.startsWith('*.');
  const host = domainToASCII(below ? name.slice(2) : name).replace(/\.$/, '');
  const labels = host.split('.');
  // All digits at the end is an address in some odd notation: such a rule would mean something else than it says.
  if (host.length > 253 || !labels.every((label) => LABEL.test(label)) || /^\d+$/.test(labels.at(-1) ?? '')) return undefined;
  return rule(below ? 'below' : 'name', host);
}

/** One entry of an allowlist, as it is written. */
export const AllowedHost = z
  .string()
  .max(300)
  .refine((text) => parseHostRule(text) !== undefined, 'must be a host such as "api.example.org", "*.example.org", "example.org:8443", "10.0.0.5:5432" or "[fd00::5]:443"');

/** What an agent may reach; of `allow`, nothing counts in the mode `open`. */
export const NetworkWish = z.strictObject({ mode: NetworkMode, allow: z.array(AllowedHost).max(500).optional() });
export type NetworkWish = z.infer<typeof NetworkWish>;

/** One attempt to get out, as one line of the audit log. It holds no path, header or content. */
export const EgressEntry = z.object({
  v: z.literal(1),
  /** ISO 8601, UTC: when the attempt began. */
  at: z.iso.datetime(),
  agentId: z.string(),
  /** A tunnel that is open from now on; one more entry with the same `at` tells of its end. Absent: the attempt is over. */
  event: z.literal('opened').optional(),
  /** `connect`: a tunnel (HTTPS and all else). `http`: a plain request. */
  via: z.enum(['connect', 'http']),
  /** As it was asked for; cut to 255 characters. */
  host: z.string(),
  port: z.number(),
  verdict: z.enum(['allowed', 'denied']),
  /** The entry of the allowlist that let it through. */
  rule: z.string().optional(),
  /** Why it was denied: `not-listed`, `port-not-listed`, `private-address` (its name leads to one that is not listed), `malformed`. */
  reason: z.enum(['not-listed', 'port-not-listed', 'private-address', 'malformed']).optional(),
  /** The address that it was connected to. */
  address: z.string().optional(),
  /** Why an allowed one came to nothing: `ENOTFOUND`, `ECONNREFUSED`, ... */
  error: z.string().optional(),
  /** Bytes from the agent to the host. */
  sent: z.number(),
  /** Bytes from the host to the agent. */
  received: z.number(),
  /** Milliseconds from the attempt to the end of the connection. */
  ms: z.number(),
});
export type EgressEntry = z.infer<typeof EgressEntry>;
