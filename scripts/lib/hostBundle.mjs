// The tests of the extension host as one file, dist/test/host.cjs, whose run() VS Code calls.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dist, root } from './paths.mjs';

/** Builds it from test/host/run.ts and every test/host/**.test.ts. Resolves with its path. */
export async function buildHostTests() {
  const esbuild = await import('esbuild');
  const folder = join(root, 'test', 'host');
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.test.ts')).sort();
  const outfile = join(dist, 'test', 'host.cjs');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [join(folder, 'run.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha', 'dockerode'],
    sourcemap: 'inline',
    define: { 'import.meta.url': '__bundleUrl', 'import.meta.dirname': '__dirname' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
    plugins: [
      {
        name: 'host-tests',
        setup(build) {
          build.onResolve({ filter: /^virtual:host-tests$/ }, () => ({ path: 'host-tests', namespace: 'virtual' }));
          build.onLoad({ filter: /.*/, namespace: 'virtual' }, () => ({ contents: files.map((file) => `import './${file.replaceAll('\\', '/')}';`).join('\n'), resolveDir: folder, loader: 'ts' }));
        },
      },
    ],
  });
  return outfile;
}
