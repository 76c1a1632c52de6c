// A hub as people start it, in a process of its own, with an admin who is signed in; and what it takes of memory.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HubProcess } from '../../support/hubProcess.ts';
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
  const hub = await HubProcess.start({ data: folder });
  measuring.afterwards(() => hub.end());
  const token = await hub.signUp();
  const memory = (field: 'VmRSS' | 'VmHWM'): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${hub.pid}/status`, 'utf8'))?.[1]) / 1024;
  return { url: hub.url, token, memory: () => memory('VmRSS'), peakMemory: () => memory('VmHWM'), post: (path, body) => hub.post(path, body, token) };
}
