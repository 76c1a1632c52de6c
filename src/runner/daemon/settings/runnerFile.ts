// runner.yaml on disk: Sibyl's file, shared with other clients. What we do not know in it is kept, its comments too; it is for its user alone, as it holds tokens.
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Document, isMap, parseDocument } from 'yaml';
import { AgentsError, messageOf } from '../../../base/errors.ts';
import { PRIVATE_FOLDER, stateFault } from '../../../base/stateFile.ts';

/** Bytes; more is no configuration. */
const LONGEST = 1024 * 1024;

/** Its values; undefined where there is no file. Throws `bad-input` for what is no YAML map, `folder-unreadable` for what cannot be read. */
export function readRunnerFile(path: string): Readonly<Record<string, unknown>> | undefined {
  const document = documentOf(path);
  if (document === undefined) return undefined;
  return (document.toJS({ maxAliasCount: 100 }) ?? {}) as Readonly<Record<string, unknown>>;
}

/** Sets these keys and leaves all others as they stand; undefined takes one out. Whole or not at all, mode 0600. Throws as `readRunnerFile`, and `folder-unwritable`. */
export function updateRunnerFile(path: string, changes: Readonly<Record<string, unknown>>): void {
  const document: Document = documentOf(path) ?? new Document({});
  document.contents ??= document.createNode({});
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) document.delete(key);
    else document.set(key, value);
  }
  writePrivately(realPathOf(path), document.toString({ lineWidth: 0 }));
}

/** Whether others than its user may read it; such a file is closed to them. Undefined where that is not possible. */
export function closeToOthers(path: string): boolean | undefined {
  try {
    if ((statSync(path).mode & 0o077) === 0) return false;
    chmodSync(path, 0o600);
    return true;
  } catch {
    return undefined;
  }
}

function documentOf(path: string): Document.Parsed | undefined {
  let text: string;
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new AgentsError('bad-input', `The runner's configuration ${path} is no regular file.`);
    if (found.size > LONGEST) throw new AgentsError('bad-input', `The runner's configuration ${path} has ${found.size} bytes, which is too much for one.`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    if (error instanceof AgentsError) throw error;
    throw new AgentsError('folder-unreadable', `The runner's configuration ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) throw new AgentsError('bad-input', `The runner's configuration ${path} is no YAML: ${fault.message.split('\n', 1)[0] ?? ''}`);
  if (document.contents !== null && !isMap(document.contents)) throw new AgentsError('bad-input', `The runner's configuration ${path} has no keys and values.`, { hint: 'It begins with a line such as "server_url: https://sibyl.example.com".' });
  return document;
}

/** A link stays a link: what it leads to is replaced. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function writePrivately(path: string, text: string): void {
  const draft = join(dirname(path), `.runner.${process.pid}.tmp`);
  try {
    mkdirSync(dirname(path), PRIVATE_FOLDER);
    rmSync(draft, { force: true });
    const fd = openSync(draft, 'wx', 0o600);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw stateFault("The runner's configuration", dirname(path), error);
  }
}
