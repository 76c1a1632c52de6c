// Which engine to talk to: explicit options, then DOCKER_HOST, then the docker command's context, then the sockets that engines make.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';

/** Files of a TLS identity; each is used where it exists. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** False accepts any certificate of the engine. */
  readonly verify: boolean;
}

export type DockerAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsFiles }
  | { readonly kind: 'ssh'; readonly url: string };

export interface DockerEndpoint {
  readonly address: DockerAddress;
  /** As DOCKER_HOST would have it, for messages. */
  readonly url: string;
  /** What the docker command needs to reach the same engine; empty where it goes there by itself. */
  readonly cliFlags: readonly string[];
}

/** All that the choice depends on, so that it is a pure function. */
export interface EndpointSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** The text of a file, or undefined when there is none. */
  readonly readText: (path: string) => string | undefined;
  readonly exists: (path: string) => boolean;
}

export interface EndpointWish {
  readonly socketPath?: string | undefined;
  readonly host?: string | undefined;
  readonly context?: string | undefined;
}

const CliConfig = z.object({ currentContext: z.string().optional() });
const ContextMeta = z.object({
  Endpoints: z.object({ docker: z.object({ Host: z.string(), SkipTLSVerify: z.boolean().optional() }) }),
});

/** Throws `bad-input` for an address or a context that cannot be understood. */
export function resolveEndpoint(wish: EndpointWish, around: EndpointSurroundings): DockerEndpoint {
  if (wish.socketPath !== undefined) return wished(`${around.platform === 'win32' ? 'npipe' : 'unix'}://${wish.socketPath.replace(/^(unix|npipe):\/\//, '')}`, around);
  if (wish.host !== undefined) return wished(wish.host, around);
  if (wish.context !== undefined) return { ...ofContext(wish.context, around), cliFlags: ['--context', wish.context] };
  return ofCommand(around) ?? firstSocket(around);
}

/** An address given outright: flags only where the docker command would go elsewhere. */
function wished(url: string, around: EndpointSurroundings): DockerEndpoint {
  const endpoint = ofUrl(url, around);
  let theirs: DockerEndpoint | undefined;
  try {
    theirs = ofCommand(around) ?? ofUrl(defaultUrl(around.platform), around);
  } catch {
    // The docker command has no usable default of its own.
  }
  return theirs?.url === endpoint.url ? endpoint : { ...endpoint, cliFlags: ['-H', endpoint.url] };
}

/** Where the docker command's own environment and configuration lead, or undefined for its built-in default. */
function ofCommand(around: EndpointSurroundings): DockerEndpoint | undefined {
  const { env } = around;
  if (env['DOCKER_HOST']) return ofUrl(env['DOCKER_HOST'], around);
  const context = env['DOCKER_CONTEXT'] || currentContext(around);
  return context && context !== 'default' ? ofContext(context, around) : undefined;
}

function firstSocket(around: EndpointSurroundings): DockerEndpoint {
  const { env, home, platform, exists } = around;
  const standard = ofUrl(defaultUrl(platform), around);
  if (platform === 'win32') return standard;
  const others = [join(home, '.docker/run/docker.sock'), ...(env['XDG_RUNTIME_DIR'] ? [join(env['XDG_RUNTIME_DIR'], 'docker.sock'), join(env['XDG_RUNTIME_DIR'], 'podman/podman.sock')] : []), '/run/podman/podman.sock'];
  const path = exists(DEFAULT_SOCKET) ? undefined : others.find(exists);
  if (path === undefined) return standard;
  return { address: { kind: 'socket', path }, url: `unix://${path}`, cliFlags: ['-H', `unix://${path}`] };
}

const DEFAULT_SOCKET = '/var/run/docker.sock';

function defaultUrl(platform: NodeJS.Platform): string {
  return platform === 'win32' ? 'npipe:////./pipe/docker_engine' : `unix://${DEFAULT_SOCKET}`;
}

function configFolder({ env, home }: EndpointSurroundings): string {
  return env['DOCKER_CONFIG'] || join(home, '.docker');
}

function currentContext(around: EndpointSurroundings): string | undefined {
  const text = around.readText(join(configFolder(around), 'config.json'));
  const parsed = text === undefined ? undefined : CliConfig.safeParse(json(text));
  return parsed?.data?.currentContext;
}

function ofContext(name: string, around: EndpointSurroundings): DockerEndpoint {
  if (name === 'default') return ofUrl(around.env['DOCKER_HOST'] || defaultUrl(around.platform), around);
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = join(configFolder(around), 'contexts');
  const text = around.readText(join(contexts, 'meta', id, 'meta.json'));
  if (text === undefined) {
    throw new AgentsError('bad-input', `There is no Docker context "${name}".`, { hint: 'See `docker context ls`, or change the setting.' });
  }
  const parsed = ContextMeta.safeParse(json(text));
  if (!parsed.success) throw new AgentsError('bad-input', `The Docker context "${name}" cannot be read: ${z.prettifyError(parsed.error)}`);
  const { Host, SkipTLSVerify = false } = parsed.data.Endpoints.docker;
  const folder = join(contexts, 'tls', id, 'docker');
  const endpoint = ofUrl(Host, { ...around, env: {} });
  const files = tlsFiles(folder, !SkipTLSVerify);
  if (endpoint.address.kind !== 'tcp' || !(SkipTLSVerify || [files.ca, files.cert].some(around.exists))) return endpoint;
  return { ...endpoint, address: { ...endpoint.address, tls: files } };
}

function ofUrl(url: string, around: EndpointSurroundings): DockerEndpoint {
  const local = /^(?:unix|npipe):\/\/(?<path>.*)$/.exec(url)?.groups?.['path'];
  if (local !== undefined) {
    const path = local === '' ? DEFAULT_SOCKET : local;
    return { address: { kind: 'socket', path }, url: url.startsWith('npipe') ? `npipe://${path}` : `unix://${path}`, cliFlags: [] };
  }
  const parsed = parseUrl(url.includes('://') ? url : `tcp://${url}`);
  if (parsed === undefined || parsed.hostname === '') throw badAddress(url);
  switch (parsed.protocol) {
    case 'ssh:':
      return { address: { kind: 'ssh', url: parsed.href }, url: parsed.href, cliFlags: [] };
    case 'tcp:':
    case 'http:':
    case 'https:': {
      const { env } = around;
      const secure = parsed.protocol === 'https:' || Boolean(env['DOCKER_TLS_VERIFY']) || Boolean(env['DOCKER_TLS']);
      const port = parsed.port === '' ? (secure ? 2376 : 2375) : Number(parsed.port);
      const folder = env['DOCKER_CERT_PATH'] || configFolder(around);
      const host = parsed.hostname.replace(/^\[|\]$/g, '');
      const tls = secure ? { tls: tlsFiles(folder, Boolean(env['DOCKER_TLS_VERIFY']) || parsed.protocol === 'https:') } : {};
      return { address: { kind: 'tcp', host, port, ...tls }, url: `tcp://${parsed.hostname}:${port}`, cliFlags: [] };
    }
    default:
      throw badAddress(url);
  }
}

function tlsFiles(folder: string, verify: boolean): TlsFiles {
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), verify };
}

function badAddress(url: string): AgentsError {
  return new AgentsError('bad-input', `"${url}" is not an address of a Docker engine.`, { hint: 'Write unix:///path, tcp://host:port or ssh://user@host.' });
}

function parseUrl(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
