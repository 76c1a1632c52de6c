// Whether a browser's request comes from the hub's own page: what a cookie alone does not prove.
import type { IncomingHttpHeaders } from 'node:http';

/**
 * By `Sec-Fetch-Site` and `Origin`. What has neither is no browser's (curl), and passes. `proxied`: the name that people know the hub by
 * may be in `X-Forwarded-Host`; no page can set that, so it needs no proof.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, { proxied }: { readonly proxied: boolean }): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site') return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  const forwarded = headers['x-forwarded-host'];
  const names = [headers.host, ...(proxied ? String(forwarded ?? '').split(',') : [])];
  return names.some((name) => name !== undefined && name.trim() !== '' && hostOf(protocol, name.trim()) === host);
}

/** In the form of a URL's: lower case, without the protocol's own port. */
function hostOf(protocol: string, name: string): string | undefined {
  const url = `${protocol}//${name}`;
  return URL.canParse(url) ? new URL(url).host : undefined;
}
