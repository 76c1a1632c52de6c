// A hub as people start it, in a process of its own, with an admin who is signed in; and what it takes of memory.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { dist } from '../../../scripts/lib/paths.mjs';
import type { Measuring } from '../figure.ts';

export interface HubUnderLoad {
  readonly url: string;
  readonly token: string;
  /** Resident now, in MB. */
  memory(): number;
  /** The most that was resident, in MB. */
  peakMemory(): number;
  post(path: string, body: unknown): Promise<unknown>;
}

export async function hubUnderLoad(measuring: Measuring): Promise<HubUnderLoad> {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-bench-hub-'));
  measuring.afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const hub = spawn(process.execPath, [join(dist, 'cli.mjs'), 'hub', '--port', '0', '--data', folder, '--no-runner'], { stdio: ['ignore', 'pipe', 'inherit'] });
  measuring.afterwards(() => ended(hub));
  const lines = createInterface({ input: hub.stdout });
  let url: string | undefined;
  let setup: string | undefined;
  await new Promise<void>((resolve, reject) => {
    hub.once('exit', (code) => reject(new Error(`The hub ended with ${code}.`)));
    lines.on('line', (line) => {
      url ??= /listening on (\S+)/.exec(line)?.[1];
      setup ??= /#token=(\S+)/.exec(line)?.[1];
      if (url !== undefined && setup !== undefined) resolve();
    });
  });
  const post = async (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  };
  const person = { name: 'bench', password: 'a long password' };
  await post('/api/auth/setup', { token: setup, ...person });
  const { token } = (await post('/api/auth/token', person)) as { token: string };
  const memory = (field: 'VmRSS' | 'VmHWM'): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${hub.pid}/status`, 'utf8'))?.[1]) / 1024;
  return {
    url: url ?? '',
    token,
    memory: () => memory('VmRSS'),
    peakMemory: () => memory('VmHWM'),
    post: (path, body) => post(path, body, { authorization: `Bearer ${token}` }),
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  return gone.finally(() => clearTimeout(late));
}
