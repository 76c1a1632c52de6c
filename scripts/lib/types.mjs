// The library's type declarations, once for `import` and once for `require`.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist, pinnedNode, root, toolEnvironment } from './paths.mjs';
import { run } from './processes.mjs';

/**
 * Writes dist/types/esm and dist/types/cjs. The files are the same; a package.json beside each says which kind of module they
 * describe. Throws with tsc's words when the sources have type errors.
 */
export async function emitTypes() {
  const esm = join(dist, 'types', 'esm');
  const cjs = join(dist, 'types', 'cjs');
  rmSync(join(dist, 'types'), { recursive: true, force: true });
  mkdirSync(esm, { recursive: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await run([pinnedNode(), tsc, '-p', join(root, 'tsconfig.types.json'), '--outDir', esm], { cwd: root, env: toolEnvironment() });
  if (code !== 0) throw new Error(`The library's types cannot be made.\n${output}`);
  cpSync(esm, cjs, { recursive: true });
  writeFileSync(join(esm, 'package.json'), '{"type":"module"}\n');
  writeFileSync(join(cjs, 'package.json'), '{"type":"commonjs"}\n');
}
