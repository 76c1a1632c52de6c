// The README says who decides what: exactly what the tests of the real CLIs assert.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/lib/paths.mjs';
import { sourcesTable } from '../../support/sourcesTable.ts';

describe('the table of sources in the README', () => {
  it('is the one that the tests of the real CLIs prove', () => {
    const table = sourcesTable().join('\n');
    assert.ok(readFileSync(join(root, 'README.md'), 'utf8').includes(table), `README.md must hold this table:\n\n${table}\n`);
  });
});
