// The least that must hold before any other browser test means something.
import assert from 'node:assert/strict';
import { needs } from '../support/requirements.ts';
import { World } from './world.ts';

describe('VS Code with the VSIX installed', function () {
  this.timeout(120_000);
  let world: World;

  before(async function () {
    needs(this, 'chromium', 'tmux', 'git');
    world = await World.create();
  });

  after(() => world?.dispose('smoke'));

  it('opens the folder', async () => {
    await world.workbench.openView('Explorer');
    await world.workbench.waitForRow('README.md');
    assert.deepEqual((await world.workbench.treeRows()).map(({ label }) => label), ['README.md']);
  });

  it('runs a palette command and a terminal that takes keys', async () => {
    await world.workbench.runCommand('Terminal: Create New Terminal');
    await world.workbench.typeInTerminal('echo "$((40 + 2)) is $HOME"\n');
    await world.workbench.waitForTerminalText(`42 is ${world.home}`);
  });

  it('keeps the terminal over a reload of the window', async () => {
    await world.workbench.typeInTerminal('kept=survivor\n');
    await world.workbench.reload();
    await world.workbench.waitForTerminalText('kept=survivor');
    await world.workbench.typeInTerminal('echo "the $kept"\n');
    await world.workbench.waitForTerminalText('the survivor');
  });
});
