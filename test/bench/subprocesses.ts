// Counts the processes that this process starts, here or through an engine's exec, whoever of its modules starts them and by whatever call.
import childProcess from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

let started = 0;

/** All asynchronous ways (spawn, exec, execFile, fork) end in ChildProcess.prototype.spawn; the synchronous ones are wrapped one by one. */
export function countSubprocesses(): void {
  const prototype = childProcess.ChildProcess.prototype as unknown as { spawn: (...args: unknown[]) => unknown };
  prototype.spawn = counted(prototype.spawn);
  childProcess.spawnSync = counted(childProcess.spawnSync);
  childProcess.execSync = counted(childProcess.execSync);
  childProcess.execFileSync = counted(childProcess.execFileSync);
  syncBuiltinESMExports();
  // The engine's own events would count execs of other programs, too, that found our containers.
  subscribe('http.client.request.start', (message) => {
    if (/\/containers\/[^/]+\/exec$/.test((message as { readonly request: ClientRequest }).request.path)) started++;
  });
}

/** How many were started since `countSubprocesses`. */
export function subprocessesStarted(): number {
  return started;
}

function counted<T extends (...args: never[]) => unknown>(call: T): T {
  return function (this: unknown, ...args: never[]) {
    started++;
    return call.apply(this, args);
  } as T;
}
