// Starts a hub: makes its parts in order, listens, and at the end lets go of them in reverse.
import type { AddressInfo, Socket } from 'node:net';
import { sql } from 'kysely';
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import { openBus } from '../bus/openBus.ts';
import { addAuthRoutes } from '../identity/authRoutes.ts';
import { openIdentity, type IdentityParts } from '../identity/identityParts.ts';
import { addPeopleRoutes } from '../identity/peopleRoutes.ts';
import { addTestLogin } from '../identity/testLogin.ts';
import { addTokenRoutes } from '../identity/tokenRoutes.ts';
import type { HubBase, HubOptions } from '../parts.ts';
import { openDatabase } from '../store/openDatabase.ts';
import { addPublicRoutes, createHttp } from './httpServer.ts';
import { addPage } from './pageRoutes.ts';
import { ratesFor, usualRates, type RateNumbers } from './rates.ts';
import { UpgradeRouter } from './upgrades.ts';

/** Milliseconds for requests under way, at the end. */
const CLOSE_MS = 5_000;
const HEALTH_MS = 3_000;

/** What is added to a hub beside its base. Made in order, ended in reverse. */
export type HubPart = (base: HubBase) => Disposable | Promise<Disposable>;

export interface StartOptions {
  readonly parts?: readonly HubPart[];
  readonly version?: string;
  /** Tests may be of more haste. */
  readonly rates?: Partial<RateNumbers>;
}

/** What a running hub is to whoever started it. */
export interface StartedHub {
  readonly url: string;
  /** The one-time link, as long as there is no admin. */
  readonly adminLink: string | undefined;
  readonly base: HubBase;
  readonly identityParts: IdentityParts;
  /** Idempotent; never throws. */
  close(): Promise<void>;
}

/** Throws as `openDatabase` and `openIdentity`; `name-taken` for a port in use, `bad-input` for an address or certificate that is none. */
export async function startHub(options: HubOptions, { parts = [], version = '0.0.0', rates }: StartOptions = {}): Promise<StartedHub> {
  const { log } = options;
  const ends: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= (async () => {
    for (const end of ends.reverse()) {
      try {
        await end();
      } catch (error) {
        log.error(`Ending the hub: ${messageOf(error)}`);
      }
    }
  })());
  try {
    const store = await openDatabase(options).catch(unreachableDatabase);
    const { database } = store;
    ends.push(() => store.close());
    const bus = await openBus({ database, databaseUrl: options.databaseUrl, log });
    ends.push(() => bus.close());
    const identityParts = await openIdentity({ options, database, bus, log });
    const { identity, audit, rows } = identityParts;
    ends.push(async () => {
      identity.dispose();
      await Promise.all([rows.flush(), audit.flush()]);
    });

    const limits = ratesFor(() => identity, { ...usualRates, ...rates });
    const http = await createHttp(options, version, limits);
    const closeHttp = closer(http);
    ends.push(closeHttp);
    const upgrades = new UpgradeRouter(http.server, log);
    const base: HubBase = { options, log, database, bus, http, upgrades, identity, audit };
    http.decorateRequest('principal');
    addPublicRoutes(http, async () => {
      try {
        await waitFor(sql`select 1`.execute(database), { timeoutMs: HEALTH_MS, what: 'the database' });
        return true;
      } catch {
        return false;
      }
    });
    addAuthRoutes(http, identityParts, limits);
    addTokenRoutes(http, identityParts);
    addPeopleRoutes(http, identityParts);
    if (options.testMode === true) addTestLogin(http, identityParts, database);
    for (const part of parts) {
      const made = await part(base);
      ends.push(() => made.dispose());
    }
    // First of all nobody else comes in; what the parts say to sockets that close goes nowhere.
    ends.push(() => {
      void closeHttp();
      return upgrades.close();
    });
    await addPage(http, options.pageFolder, log);
    await http.ready();
    const url = await listen(base);
    const setupToken = await identityParts.setup.renew();
    return { url, adminLink: setupToken === undefined ? undefined : `${url}/setup#token=${setupToken}`, base, identityParts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** At the start nobody tries again. */
function unreachableDatabase(error: unknown): never {
  if (!isAgentsError(error, 'disconnected')) throw error;
  throw new AgentsError('disconnected', error.message, { hint: 'Does PostgreSQL run there, and do the name, the password and the database of DATABASE_URL (or --database-url) hold?', cause: error });
}

async function listen({ http, options }: HubBase): Promise<string> {
  const { host, port, tls } = options;
  try {
    await http.listen({ host, port });
  } catch (error) {
    throw listenFault(error as NodeJS.ErrnoException, host, port);
  }
  const address = http.server.address() as AddressInfo;
  // "Everywhere" is no address to go to.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${tls === undefined ? 'http' : 'https'}://${name}:${address.port}`;
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): AgentsError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new AgentsError('name-taken', `Port ${port} of ${host} is in use.`, { hint: 'Is a hub running already? Another port is chosen with --port.', cause: error });
    case 'EACCES':
      return new AgentsError('bad-input', `Port ${port} may not be used by this user.`, { hint: 'Choose one above 1023, and a proxy before it.', cause: error });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AgentsError('bad-input', `"${host}" is not an address of this machine.`, { hint: 'Give --host 127.0.0.1, or 0.0.0.0 for all of them.', cause: error });
    case undefined:
    default:
      return new AgentsError('internal', `The hub cannot listen on ${host}:${port}: ${error.message}.`, { cause: error });
  }
}

/** Takes no more connections, and waits for requests under way; but not for ever. Once, whoever asks. */
function closer(http: HubBase['http']): () => Promise<void> {
  const connections = new Set<Socket>();
  http.server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  let closing: Promise<void> | undefined;
  // Or a connection whose request is answered waits for its next.
  http.addHook('onSend', async (_request, reply) => void (closing !== undefined && reply.header('connection', 'close')));
  const close = async (): Promise<void> => {
    const late = setTimeout(() => {
      for (const socket of connections) socket.destroy();
    }, CLOSE_MS);
    try {
      await http.close();
    } finally {
      clearTimeout(late);
    }
  };
  return () => {
    closing ??= close();
    // Told where it is waited for.
    closing.catch(() => undefined);
    return closing;
  };
}
