// What tokens are signed with: given, or made once and kept where the hub keeps its data, of all its processes the same.
import { randomBytes } from 'node:crypto';
import { chmod, link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentsError } from '../../base/errors.ts';
import type { HubOptions } from '../parts.ts';
import type { Database } from '../store/tables.ts';

const LEAST = 8;

/** Throws `bad-input` for one that is too short, `folder-unreadable` and `folder-unwritable` for the file. */
export async function signingSecret(options: Pick<HubOptions, 'jwtSecret' | 'databaseUrl' | 'dataFolder'>, database: Database): Promise<Uint8Array> {
  const { jwtSecret, databaseUrl, dataFolder } = options;
  if (jwtSecret !== undefined) {
    if (jwtSecret.length < LEAST) throw new AgentsError('bad-input', `The signing secret has fewer than ${LEAST} characters.`, { hint: 'Give JWT_SECRET a longer one, such as of "openssl rand -hex 32", or none: the hub makes its own then.' });
    return new TextEncoder().encode(jwtSecret);
  }
  return new TextEncoder().encode(await (databaseUrl === undefined ? ofFile(join(dataFolder, 'secret')) : ofDatabase(database)));
}

async function ofDatabase(database: Database): Promise<string> {
  await database.insertInto('settings').values({ name: 'jwt_secret', value: fresh() }).onConflict((conflict) => conflict.column('name').doNothing()).execute();
  return (await database.selectFrom('settings').select('value').where('name', '=', 'jwt_secret').executeTakeFirstOrThrow()).value;
}

async function ofFile(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new AgentsError('folder-unreadable', `The signing secret ${path} cannot be read: ${error.code ?? error.message}.`, { hint: 'The hub must run as the user that made it.', cause: error });
  });
  if (kept !== undefined && kept.trim().length >= LEAST) {
    await chmod(path, 0o600).catch(() => undefined);
    return kept.trim();
  }
  if (kept !== undefined) throw new AgentsError('folder-unreadable', `The signing secret ${path} is damaged: it has fewer than ${LEAST} characters.`, { hint: 'Restore it from a backup, or delete it: everybody has to sign in anew then, and runners to register.' });
  const secret = fresh();
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
    // Whole or not at all, and never over one that is there.
    await link(draft, path);
    return secret;
  } catch (error) {
    throw new AgentsError('folder-unwritable', `The signing secret ${path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`, { cause: error });
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

function fresh(): string {
  return randomBytes(48).toString('base64url');
}
