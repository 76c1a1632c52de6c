// Which bundles go where: the VSIX has all of the extension's and nothing of the hub, the package has everything.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bundles, extensionBundles } from '../../../scripts/lib/bundles.mjs';
import { root } from '../../../scripts/lib/paths.mjs';

describe('the bundles', () => {
  const lines = (file: string): string[] => readFileSync(join(root, file), 'utf8').split('\n');
  const files = (names: readonly string[]): string[] => bundles().flatMap(({ name, options: { outfile } }) => (names.includes(name) && outfile !== undefined ? [relative(root, outfile)] : []));

  it('of the extension are in the VSIX, and the hub is not', () => {
    const shipped = lines('.vscodeignore');
    for (const file of files(extensionBundles())) assert.ok(shipped.includes(`!${file}`), file);
    assert.ok(!extensionBundles().includes('hub'));
    assert.ok(!shipped.some((line) => line.startsWith('!') && /hub\.mjs|hub-page/.test(line)));
    assert.ok(shipped.includes('**'));
  });

  it('of the hub is in the package', () => {
    assert.deepEqual(files(['hub']), ['dist/hub.mjs']);
    assert.ok(lines('.npmignore').includes('!dist/**'));
  });
});
