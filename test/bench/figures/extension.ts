// The extension as it is shipped: its sizes, and how long a real VS Code says that its activation took.
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dist, root } from '../../../scripts/lib/paths.mjs';
import { missingReason } from '../../support/requirements.ts';
import type { FigureGroup, Measuring } from '../figure.ts';
import type { Row } from '../row.ts';
import { median } from '../statistics.ts';
import { MeasuredVSCode } from '../vscode.ts';

const bundleRow = { id: 'extension-bundle', figure: 'extension: main bundle' } as const;
const activationRow = { id: 'extension-activation', figure: 'extension: activation' } as const;
const vsixRow = { id: 'extension-vsix', figure: 'extension: VSIX' } as const;

/** Their names, as *Developer: Show Running Extensions* shows them. */
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

/** Loading the bundle and calling activate(), each time in a fresh extension host; beside it an extension that does nothing. */
async function activation(measuring: Measuring, vsix: string): Promise<Row> {
  const missing = missingReason('chromium');
  if (missing !== undefined) return { ...activationRow, skipped: missing };
  const code = await MeasuredVSCode.start(measuring, [vsix, await packNothing()]);
  const ours: number[] = [];
  const nothing: number[] = [];
  for (let round = 0; round < (measuring.quick ? 2 : 9); round++) {
    await code.open();
    ours.push(await code.activationMs(OURS));
    nothing.push(await code.activationMs(NOTHING));
  }
  return {
    ...activationRow,
    unit: 'ms',
    ours: median(ours),
    raw: median(nothing),
    bar: { of: 'value', atMost: 50 },
    samples: ours.length,
    note: `each in a fresh extension host: ${ours.join(', ')} ms; raw is an extension that does nothing: ${nothing.join(', ')} ms`,
  };
}

async function packNothing(): Promise<string> {
  const vsix = join(dist, 'test', 'nothing.vsix');
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  await run(process.execPath, [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix], { cwd: join(root, 'test', 'bench', 'nothing') });
  return vsix;
}
