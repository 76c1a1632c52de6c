// The project's file: what it may say, what it means when it says nothing, and the schema that editors check it with.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/paths.mjs';
import { ProjectFile, projectFileSchema } from '../../../src/protocol/projectFile.ts';

describe('.tmux-agents.json', () => {
  it('is described by the schema that is shipped', () => {
    const path = join(root, 'media', 'tmux-agents.schema.json');
    const generated = `${JSON.stringify(projectFileSchema(), undefined, 2)}\n`;
    assert.equal(readFileSync(path, 'utf8'), generated, 'write it anew: node -e "import(\'./src/protocol/projectFile.ts\').then((m) => console.log(JSON.stringify(m.projectFileSchema(), undefined, 2)))" > media/tmux-agents.schema.json');
  });

  it('has defaults for everything', () => {
    assert.deepEqual(ProjectFile.parse({}), { timeouts: { setup: 600, teardown: 60 }, ports: { count: 10 }, include: [] });
  });

  it('takes scripts as a line or as arguments', () => {
    const project = ProjectFile.parse({ setup: 'npm ci', run: ['npm', 'start'] });
    assert.deepEqual([project.setup, project.run], ['npm ci', ['npm', 'start']]);
  });

  it('refuses what it does not know, and numbers out of range', () => {
    for (const wrong of [{ setups: 'x' }, { setup: [] }, { setup: '' }, { ports: { count: 101 } }, { timeouts: { setup: 0 } }, { include: 'x' }]) {
      assert.equal(ProjectFile.safeParse(wrong).success, false, JSON.stringify(wrong));
    }
  });
});
