// Where a hub's sockets are, from the address that a person gave.
import { AgentsError } from '../../base/errors.ts';

const sockets: Readonly<Record<string, string>> = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };

/** `http(s)` becomes `ws(s)`; a path before `/api` is kept. Throws `bad-input`. */
export function hubSocketUrl(serverUrl: string, path: string): URL {
  const url = URL.canParse(serverUrl.trim()) ? new URL(serverUrl.trim()) : undefined;
  const protocol = sockets[url?.protocol ?? ''];
  if (url === undefined || protocol === undefined || url.hostname === '') throw new AgentsError('bad-input', `${serverUrl} is no address of a hub.`, { hint: 'It begins with http:// or https://.' });
  return new URL(`${protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}${path}`);
}

export function runnerSocketUrl(serverUrl: string, runnerId: string): URL {
  return hubSocketUrl(serverUrl, `/api/runners/ws/${encodeURIComponent(runnerId)}`);
}

/** Whether what is said there, the token too, can be read on the way. */
export function isReadable(url: URL): boolean {
  return url.protocol === 'ws:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}
