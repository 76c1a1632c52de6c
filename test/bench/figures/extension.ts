// The extension as it is shipped: its sizes, and how long a real VS Code says that its activation took.
import { execFile } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { dist, root } from '../../../scripts/lib/paths.mjs';
import { ensureVSCodeServer, installExtension } from '../../../scripts/lib/vscodeServer.mjs';
import { World } from '../../browser/world.ts';
import { missingReason } from '../../support/requirements.ts';
import type { FigureGroup, Measuring } from '../figure.ts';
import type { Row } from '../row.ts';
import { median } from '../statistics.ts';

const bundleRow = { id: 'extension-bundle', figure: 'extension: main bundle' } as const;
const activationRow = { id: 'extension-activation', figure: 'extension: activation' } as const;
const vsixRow = { id: 'extension-vsix', figure: 'extension: VSIX' } as const;

/** Their ids or names, as *Developer: Show Running Extensions* shows them. */
const OURS = 'tmux-agents';
const NOTHING = 'Nothing';

const run = promisify(execFile);

export const extension: FigureGroup = {
  name: 'extension',
  figures: [bundleRow, activationRow, vsixRow],
  needs: [],
  atMostSeconds: 240,
  async measure(measuring) {
    const vsix = join(dist, 'test', 'bench.vsix');
    await run(process.execPath, [join(root, 'scripts', 'package.mjs'), '--out', vsix], { cwd: root });
    const kilobytes = (file: string): number => statSync(file).size / 1_000;
    return [
      { ...bundleRow, unit: 'KB', ours: kilobytes(join(dist, 'extension.cjs')), bar: { of: 'value', atMost: 500 }, samples: 1 },
      await activation(measuring, vsix),
      { ...vsixRow, unit: 'KB', ours: kilobytes(vsix), bar: { of: 'value', atMost: 2_000 }, samples: 1 },
    ];
  },
};

/** Loading the bundle and calling activate(), by VS Code's own clock, each time in a fresh extension host; beside it an extension that does nothing. */
async function activation(measuring: Measuring, vsix: string): Promise<Row> {
  const missing = missingReason('chromium') ?? missingReason('git') ?? missingReason('tmux');
  if (missing !== undefined) return { ...activationRow, skipped: missing };
  process.env['TMUX_AGENTS_VSIX'] = vsix;
  const world = await World.create();
  measuring.afterwards(() => world.dispose());
  await installNothing(world);
  // Tall enough for all running extensions: the list renders only the rows that are in sight.
  await world.workbench.page.setViewportSize({ width: 1_280, height: 4_000 });
  const ours: number[] = [];
  const nothing: number[] = [];
  for (let round = 0; round < (measuring.quick ? 2 : 9); round++) {
    await world.workbench.reload();
    await world.workbench.runCommand('Developer: Show Running Extensions');
    ours.push(await activationTime(world, OURS));
    nothing.push(await activationTime(world, NOTHING));
  }
  return {
    ...activationRow,
    unit: 'ms',
    ours: median(ours),
    raw: median(nothing),
    bar: { of: 'value', atMost: 50 },
    samples: ours.length,
    note: `each in a fresh extension host: ${ours.join(', ')} ms; raw is an extension that does nothing, beside it: ${nothing.join(', ')} ms`,
  };
}

async function installNothing(world: World): Promise<void> {
  const vsix = join(dist, 'test', 'nothing.vsix');
  mkdirSync(dirname(vsix), { recursive: true });
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  await run(process.execPath, [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix], { cwd: join(import.meta.dirname, '..', 'nothing') });
  const base = dirname(world.folder);
  await installExtension({ server: await ensureVSCodeServer(), dataDir: join(base, 'data'), extensionsDir: join(base, 'extensions'), vsix });
}

async function activationTime(world: World, name: string): Promise<number> {
  const row = world.workbench.page.locator('.runtime-extensions-editor .monaco-list-row').filter({ hasText: name });
  const text = await row.locator('.activation-time').filter({ hasText: /\d+ms/ }).first().textContent();
  const milliseconds = /(\d+)ms/.exec(text ?? '')?.[1];
  if (milliseconds === undefined) throw new Error(`VS Code says "${text}" of the activation of ${name}.`);
  return Number(milliseconds);
}
