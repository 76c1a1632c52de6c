// Running programs, and ending a program together with everything it started.
import { execFile, spawn } from 'node:child_process';

/**
 * Runs argv to its end, or ends it and all it started after `timeoutMs`. Resolves with its exit code, what killed it, and what it
 * printed; with `show` that goes to the terminal instead. Fails only when the program cannot be started.
 */
export function run([program, ...args], { cwd, env, show = false, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'] });
    const chunks = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void endTree(child);
    }, timeoutMs);
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, killedBy) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, killedBy: late ? `its ${timeoutMs / 1000} s being over` : killedBy, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** As `run`, but any exit code except 0 throws with the last lines the program printed. */
export async function mustRun(argv, options) {
  const result = await run(argv, options);
  if (result.code === 0) return result.output;
  const tail = result.output.trimEnd().split('\n').slice(-30).join('\n');
  throw new Error(`${argv.join(' ')} ended with ${result.killedBy ?? `exit code ${result.code}`}${tail === '' ? '' : `:\n${tail}`}`);
}

/** What runs below a process, itself not included, each with its start time so that a reused pid is never taken for it. */
export async function descendants(pid) {
  const rows = await processTable();
  const found = [];
  const parents = [pid];
  while (parents.length > 0) {
    const parent = parents.shift();
    for (const row of rows) {
      if (row.parent !== parent || found.includes(row)) continue;
      found.push(row);
      parents.push(row.pid);
    }
  }
  return found;
}

/** Those of the given processes that still run. */
export async function stillRunning(processes) {
  const rows = await processTable();
  return processes.filter(({ pid, started }) => rows.some((row) => row.pid === pid && row.started === started && !row.defunct));
}

/**
 * Ends a child and all that it started: a polite signal first, force after `graceMs`. What detached itself from the child before
 * (a tmux server, say) is no descendant and lives on.
 */
export async function endTree(child, { graceMs = 4000 } = {}) {
  if (child.pid === undefined) return;
  const below = process.platform === 'win32' ? [] : await descendants(child.pid).catch(() => []);
  if (process.platform === 'win32') await run(['taskkill', '/pid', String(child.pid), '/t', '/f']);
  await endChild(child, graceMs);
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const left = await stillRunning(below).catch(() => []);
    for (const { pid } of left) tryKill(pid, signal);
    const until = Date.now() + 2000;
    while (left.length > 0 && Date.now() < until && (await stillRunning(left)).length > 0) await new Promise((done) => setTimeout(done, 50));
  }
}

async function endChild(child, graceMs) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(force);
}

function tryKill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in between.
  }
}

function processTable() {
  return new Promise((resolve, reject) => {
    execFile('ps', ['-A', '-o', 'pid=,ppid=,stat=,lstart='], { maxBuffer: 16 * 1024 * 1024, env: { ...process.env, LC_ALL: 'C' } }, (error, stdout) => {
      if (error) return reject(error);
      resolve(stdout.split('\n').flatMap((line) => {
        const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line);
        return match ? [{ pid: Number(match[1]), parent: Number(match[2]), defunct: match[3].startsWith('Z'), started: match[4] }] : [];
      }));
    });
  });
}
