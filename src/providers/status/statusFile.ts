// Claude Code's own status file, `sessions/<pid>.json` in its configuration folder: undocumented (seen in 2.1.329), but right also after an interrupt.
import { existsSync, watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { Backoff } from '../../base/backoff.ts';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { StatusClaim } from '../../protocol/agentStatus.ts';
import { environmentOf, isAlive, isBelow } from './processFacts.ts';
import { evidenceOf, type Observation } from './observation.ts';

const StatusFile = z.object({
  pid: z.int(),
  sessionId: z.string().optional(),
  status: z.string(),
  waitingFor: z.string().optional(),
  /** Unix time in ms. */
  statusUpdatedAt: z.number().optional(),
});
type StatusFile = z.infer<typeof StatusFile>;

/** Bytes of a status file; they have some 600. */
const MAX_BYTES = 64 * 1024;
/** Milliseconds: the longest wait, of a row that grows, for the launcher to become the agent. */
const MAX_WAIT_MS = 3_000;

/** The file's text as an observation; undefined where it is cut, broken, or says what nobody knows. `now` in ms: nothing was seen later than that. */
export function statusFileObservation(text: string, now: number): Observation | undefined {
  const file = parseStatusFile(text);
  const claim = file === undefined ? undefined : claimOf(file);
  if (file === undefined || claim === undefined) return undefined;
  const said = file.waitingFor === undefined ? file.status : `${file.status} (${file.waitingFor})`;
  return {
    source: 'statusFile',
    at: Math.min(now, file.statusUpdatedAt ?? now),
    claim,
    evidence: evidenceOf(`status file ${file.pid}.json: ${said}`),
    rule: file.status,
    ...(file.sessionId === undefined ? {} : { conversation: file.sessionId }),
  };
}

export interface StatusFileOptions {
  /** The process id of the agent's pane, on this machine. */
  readonly rootPid: () => Promise<number>;
  /** False while that process is still the launcher, whose environment is not yet the agent's. Default: always true. */
  readonly hasStarted?: (environment: ReadonlyMap<string, string>) => boolean;
  readonly take: (observation: Observation) => void;
  readonly log?: Log;
}

/** Follows the file of the one Claude Code that runs in this pane, on this machine, by what the file system tells of it; nothing is polled. */
export function followStatusFile({ rootPid, hasStarted = () => true, take, log = silentLog }: StatusFileOptions): Disposable {
  let watcher: FSWatcher | undefined;
  let ended = false;
  let later: NodeJS.Timeout | undefined;
  const known = new Map<number, boolean>();

  const isOurs = async (root: number, pid: number): Promise<boolean> => {
    const before = known.get(pid);
    if (before !== undefined) return before;
    const ours = await isBelow(pid, root);
    known.set(pid, ours);
    return ours;
  };

  const read = async (root: number, folder: string, name: string): Promise<void> => {
    const pid = Number(/^(\d+)\.json$/.exec(name)?.[1] ?? Number.NaN);
    // What a killed one left behind is stale; its id may be another's by now.
    if (Number.isNaN(pid) || !(await isOurs(root, pid)) || !isAlive(pid)) return;
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (ended || text === undefined || text.length > MAX_BYTES) return;
    const observation = statusFileObservation(text, Date.now());
    if (observation !== undefined) take(observation);
  };

  const follow = (root: number, folder: string): void => {
    if (ended) return;
    watcher?.close();
    const place = watchNearest(folder);
    if (place === undefined) return;
    watcher = place.watcher;
    // An event for each change; a burst of them reads the file once more often than needed, not less.
    watcher.on('change', (_type, name) => {
      if (typeof name !== 'string') return;
      if (place.path === folder) void read(root, folder, name);
      // The folder, or one above it, came into being.
      else if (nextBelow(place.path, folder) === join(place.path, name)) follow(root, folder);
    });
    watcher.on('error', (error) => log.debug(`${folder} is not followed any more: ${messageOf(error)}`));
    if (place.path === folder) void read(root, folder, `${root}.json`);
  };

  const begin = async (root: number, patience: Backoff): Promise<void> => {
    const environment = await environmentOf(root);
    if (ended) return;
    const waitMs = patience.next();
    if (hasStarted(environment) || waitMs >= MAX_WAIT_MS) follow(root, sessionsFolder(environment));
    else later = setTimeout(() => void begin(root, patience), waitMs).unref();
  };

  rootPid()
    .then((root) => begin(root, new Backoff({ firstMs: 50, longestMs: MAX_WAIT_MS, jitter: 0 })))
    .catch((error: unknown) => log.debug(`its status file cannot be followed: ${messageOf(error)}`));
  return toDisposable(() => {
    ended = true;
    clearTimeout(later);
    watcher?.close();
  });
}

function parseStatusFile(text: string): StatusFile | undefined {
  try {
    return StatusFile.parse(JSON.parse(text));
  } catch {
    // Read while it was written: the next change tells.
    return undefined;
  }
}

function claimOf({ status, waitingFor = '' }: StatusFile): StatusClaim | undefined {
  if (status === 'idle') return { state: 'idle' };
  if (status === 'busy') return { state: 'working' };
  if (status !== 'waiting') return undefined;
  // It tells that something is asked, not what.
  return { state: 'waiting', kind: /permission/i.test(waitingFor) ? 'permission' : /input/i.test(waitingFor) ? 'question' : 'other', text: '' };
}

function sessionsFolder(environment: ReadonlyMap<string, string>): string {
  return join(environment.get('CLAUDE_CONFIG_DIR') || join(environment.get('HOME') ?? homedir(), '.claude'), 'sessions');
}

/** Follows `folder`, or what there is of the way to it. */
function watchNearest(folder: string): { readonly path: string; readonly watcher: FSWatcher } | undefined {
  for (let path = folder; ; ) {
    let watcher: FSWatcher;
    try {
      watcher = watch(path, { persistent: false });
    } catch {
      if (path === dirname(path)) return undefined;
      path = dirname(path);
      continue;
    }
    // What was made since it was not there has no event any more.
    if (path === folder || !existsSync(nextBelow(path, folder))) return { path, watcher };
    watcher.close();
    path = nextBelow(path, folder);
  }
}

/** The next step on the way from `path` down to `folder`. */
function nextBelow(path: string, folder: string): string {
  let step = folder;
  while (dirname(step) !== path && dirname(step) !== step) step = dirname(step);
  return step;
}
