// A PostgreSQL server of the tests' own, in a folder of its own, which can be stopped and started again; a database for whoever asks.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { userInfo, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from 'mocha';
import pg from 'pg';
import { freePort } from './freePort.ts';
import { needsThat } from './requirements.ts';

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';

export interface PostgresServer {
  /** Makes an empty database. Resolves to its URL. */
  database(): Promise<string>;
  /** Ends it as a restart of the machine's service does: connections are cut. */
  stop(): Promise<void>;
  start(): Promise<void>;
  dispose(): Promise<void>;
}

/** Skips where PostgreSQL is missing. It refuses root: its processes are the user `postgres` then. */
export async function needsPostgres(context: Context): Promise<PostgresServer> {
  const bin = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)).map((version) => join(VERSIONS, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb'))) : undefined;
  needsThat(context, bin !== undefined, 'PostgreSQL is missing: install postgresql (apt-get install postgresql)');
  if (bin === undefined) throw new Error('unreachable');
  const ids = userInfo().uid === 0 ? await idsOf('postgres') : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-pg-'));
  if (ids !== undefined) chownSync(folder, ids.uid, ids.gid);
  const data = join(folder, 'data');
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'tests', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], { ...ids, cwd: folder, timeout: 60_000 });
  const port = await freePort();
  const url = (name: string): string => `postgresql://tests@127.0.0.1:${port}/${name}`;
  let server: ChildProcess | undefined;
  let closed: Promise<void> = Promise.resolve();

  const start = async (): Promise<void> => {
    const child = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`, '-c', 'fsync=off', '-c', 'max_connections=100'], { ...ids, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    server = child;
    closed = new Promise((resolve) => child.once('close', () => resolve()));
    let told = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        told = (told + chunk.toString()).slice(-4000);
        if (told.includes('ready to accept connections')) resolve();
      });
      child.once('error', reject);
      child.once('close', () => reject(new Error(`PostgreSQL ended: ${told}`)));
    });
  };
  const stop = async (): Promise<void> => {
    server?.kill('SIGINT'); // "fast": running sessions are cut.
    await closed;
  };
  await start();
  return {
    start,
    stop,
    database: async () => {
      const name = `t_${randomUUID().replaceAll('-', '')}`;
      const client = new pg.Client({ connectionString: url('postgres') });
      await client.connect();
      try {
        await client.query(`CREATE DATABASE ${name}`);
      } finally {
        await client.end();
      }
      return url(name);
    },
    dispose: async () => {
      server?.kill('SIGQUIT');
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, user], { timeout: 10_000 })).stdout)));
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid)) throw new Error(`There is no user ${user}.`);
  return { uid, gid };
}
