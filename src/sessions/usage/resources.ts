// What an agent's processes use, read from the kernel's files: no program is started for it. Linux only; elsewhere nothing is known.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where an agent's processes are found. */
export type ResourceTarget =
  /** On this machine: that process and all below it. */
  | { readonly kind: 'processes'; readonly pid: number }
  /** In a container on this machine: its first process, as seen from here. All of its control group counts. */
  | { readonly kind: 'container'; readonly pid: number };

/** Totals since the beginning where nothing else is said. */
export interface ResourceTotals {
  /** Milliseconds of one core. */
  readonly cpuMs: number;
  /** Bytes in use now. */
  readonly memoryBytes: number;
  /** Bytes written to disks. */
  readonly diskBytes: number;
  /** Processes now (of a container: threads too, as its limit counts). */
  readonly pids: number;
}

/** Where the kernel shows itself; another place in tests. */
export interface KernelFiles {
  readonly proc: string;
  readonly cgroup: string;
}

export const kernelFiles: KernelFiles = { proc: '/proc', cgroup: '/sys/fs/cgroup' };

/** proc(5): clock ticks are told in 1/100 s on every Linux. */
const TICK_MS = 10;

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** All processes, read once for every agent of a round. */
export async function processTable({ proc }: KernelFiles = kernelFiles): Promise<readonly ProcessRow[]> {
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(pids.map(async (pid) => rowOf(await readFile(join(proc, pid, 'stat'), 'utf8').catch(() => ''))));
  return rows.filter((row) => row !== undefined);
}

/** `pid (comm) state ppid ... utime(14) stime(15) cutime(16) cstime(17)`: those of children that have ended are in their parent's. */
function rowOf(stat: string): ProcessRow | undefined {
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  const parent = fields[1];
  if (close < 0 || parent === undefined) return undefined;
  return { pid: Number.parseInt(stat, 10), parent: Number(parent), ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) };
}

/** Of a process and all below it; undefined when it is gone. */
export async function processTotals(table: readonly ProcessRow[], pid: number, files: KernelFiles = kernelFiles): Promise<ResourceTotals | undefined> {
  const tree = table.filter((row) => row.pid === pid);
  for (const ancestor of tree) tree.push(...table.filter((row) => row.parent === ancestor.pid && row.pid !== pid));
  if (tree.length === 0) return undefined;
  const each = await Promise.all(tree.map(async (row) => ({ resident: await field(files, row.pid, 'status', /^VmRSS:\s+(\d+) kB/m), written: await field(files, row.pid, 'io', /^write_bytes: (\d+)/m) })));
  return {
    cpuMs: tree.reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MS,
    memoryBytes: each.reduce((sum, { resident }) => sum + resident, 0) * 1_024,
    diskBytes: each.reduce((sum, { written }) => sum + written, 0),
    pids: tree.length,
  };
}

async function field({ proc }: KernelFiles, pid: number, name: string, pattern: RegExp): Promise<number> {
  const text = await readFile(join(proc, String(pid), name), 'utf8').catch(() => '');
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/** Of the control group that a container's first process is in, by either version; undefined when it is gone, or in no group of its own. */
export async function cgroupTotals(pid: number, files: KernelFiles = kernelFiles): Promise<ResourceTotals | undefined> {
  const text = await readFile(join(files.proc, String(pid), 'cgroup'), 'utf8').catch(() => '');
  const groups = text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.+)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers, path }];
  });
  const first = groups.find(({ controllers }) => controllers.split(',').includes('memory'));
  if (first !== undefined) return versionOne(files, groups);
  const unified = groups.find(({ controllers }) => controllers === '');
  return unified === undefined ? undefined : versionTwo(join(files.cgroup, unified.path));
}

async function versionTwo(folder: string): Promise<ResourceTotals | undefined> {
  const [cpu, memory, statistics, pids, io] = await Promise.all(['cpu.stat', 'memory.current', 'memory.stat', 'pids.current', 'io.stat'].map((name) => textOf(join(folder, name))));
  if (memory === undefined || cpu === undefined) return undefined;
  return {
    cpuMs: numberIn(cpu, /^usage_usec (\d+)/m) / 1_000,
    memoryBytes: withoutCache(Number(memory), numberIn(statistics, /^inactive_file (\d+)/m)),
    diskBytes: sumIn(io, /\bwbytes=(\d+)/g),
    pids: Number(pids ?? 0),
  };
}

async function versionOne({ cgroup }: KernelFiles, groups: readonly { readonly controllers: string; readonly path: string }[]): Promise<ResourceTotals | undefined> {
  const read = async (controller: string, name: string): Promise<string | undefined> => {
    const group = groups.find(({ controllers }) => controllers.split(',').includes(controller));
    if (group === undefined) return undefined;
    // Mounted under all its names joined, or under its own.
    return (await textOf(join(cgroup, group.controllers, group.path, name))) ?? textOf(join(cgroup, controller, group.path, name));
  };
  const [cpu, memory, statistics, pids, io] = await Promise.all([
    read('cpuacct', 'cpuacct.usage'),
    read('memory', 'memory.usage_in_bytes'),
    read('memory', 'memory.stat'),
    read('pids', 'pids.current'),
    read('blkio', 'blkio.throttle.io_service_bytes'),
  ]);
  if (memory === undefined || cpu === undefined) return undefined;
  return {
    cpuMs: Number(cpu) / 1e6,
    memoryBytes: withoutCache(Number(memory), numberIn(statistics, /^total_inactive_file (\d+)/m)),
    diskBytes: sumIn(io, /\bWrite (\d+)/g),
    pids: Number(pids ?? 0),
  };
}

/** Pages of files that can go at any time are no use of memory; `docker stats` sees it the same way. */
function withoutCache(bytes: number, inactive: number): number {
  return inactive < bytes ? bytes - inactive : bytes;
}

function numberIn(text: string | undefined, pattern: RegExp): number {
  return Number(pattern.exec(text ?? '')?.[1] ?? 0);
}

function sumIn(text: string | undefined, pattern: RegExp): number {
  return [...(text ?? '').matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number), 0);
}

function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').then((text) => text.trim(), () => undefined);
}
