// The benchmark's command: runs each group of figures in a process of its own, one after another, prints one table and writes it as JSON.
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { root, testOutput } from '../../scripts/lib/paths.mjs';
import { figureGroups } from './figures.ts';
import { meetsBar, ratioOf, type Row } from './row.ts';
import { renderTable } from './table.ts';

const HELP = `npm run bench -- [options]

  --only NAME[,NAME]  ${Object.keys(figureGroups).join(', ')}
  --quick             fewer repetitions and shorter waits
  --check             exit code 1 when a bar is missed
  --json FILE         default test-output/bench.json

A figure whose part is missing here is skipped with the reason; REQUIRE_ALL=1 makes that a failure.
`;

const Outcome = z.union([z.object({ rows: z.array(z.custom<Row>((row) => typeof row === 'object' && row !== null && 'figure' in row)) }), z.object({ error: z.string() })]);

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      json: { type: 'string', default: join(testOutput, 'bench.json') },
      help: { type: 'boolean', default: false },
    },
  });
  const names = values.only?.split(',').map((name) => name.trim()) ?? Object.keys(figureGroups);
  const unknown = names.filter((name) => !(name in figureGroups));
  if (unknown.length > 0) throw new Error(`There is no group of figures ${unknown.join(', ')}.`);
  return { ...values, names };
}

/** Runs one group; a process that ends without a report is an error too. */
function measure(name: string, quick: boolean): Promise<z.infer<typeof Outcome>> {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'figureProcess.ts'), [name, ...(quick ? ['quick'] : [])], { execArgv: ['--expose-gc'], cwd: root });
    child.once('message', (message) => resolve(Outcome.parse(message)));
    child.once('error', (error) => resolve({ error: error.message }));
    child.once('exit', (code, signal) => resolve({ error: `The measurement ended by ${signal ?? `exit code ${code}`} before it was complete.` }));
  });
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const began = performance.now();
  const [loadBefore = 0] = loadavg();
  const rows: Row[] = [];
  const errors: { readonly name: string; readonly error: string }[] = [];
  for (const name of options.names) {
    const started = performance.now();
    const outcome = await measure(name, options.quick);
    console.error(`${name}: ${((performance.now() - started) / 1_000).toFixed(0)} s`);
    if ('rows' in outcome) rows.push(...outcome.rows);
    else errors.push({ name, error: outcome.error });
  }
  const seconds = (performance.now() - began) / 1_000;
  const cores = cpus().length;
  if (loadBefore > cores / 2) console.log(`\nThe machine was busy before this run (load average ${loadBefore.toFixed(1)} on ${cores} cores): its figures say little.`);
  console.log(`\n${renderTable(rows)}\n`);
  for (const { name, error } of errors) console.log(`${name} could not be measured: ${error}\n`);
  const file = join(root, relative(root, options.json));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report(rows, errors, { quick: options.quick, seconds, loadBefore }), null, 2)}\n`);
  console.log(`${seconds.toFixed(0)} s; written to ${relative(process.cwd(), file)}`);

  const skipped = rows.filter((row) => 'skipped' in row).length;
  const missed = rows.filter((row) => !('skipped' in row) && meetsBar(row) === false).length;
  if (missed > 0) console.log(`${missed} of ${rows.length} figures miss their bar.`);
  const failed = errors.length > 0 || (skipped > 0 && process.env['REQUIRE_ALL'] === '1') || (options.check && missed > 0);
  return failed ? 1 : 0;
}

function report(rows: readonly Row[], errors: readonly unknown[], run: { readonly quick: boolean; readonly seconds: number; readonly loadBefore: number }): unknown {
  return {
    at: new Date().toISOString(),
    ...run,
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, memoryMB: Math.round(totalmem() / 1e6), platform: `${process.platform} ${process.arch}`, node: process.version },
    rows: rows.map((row) => ('skipped' in row ? row : { ...row, ratio: ratioOf(row), ok: meetsBar(row) })),
    errors,
  };
}

// A Ctrl-C reaches the measuring process too; its end resolves what is awaited here.
process.on('SIGINT', () => (process.exitCode = 130));
try {
  process.exitCode = await main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  process.exitCode = 2;
}
