// What the build makes of src: one list of bundles, each an esbuild job.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dist, root } from './paths.mjs';

/** Budget of the extension's main bundle, in bytes. */
export const EXTENSION_BUDGET = 500 * 1000;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'silent',
  legalComments: 'none',
  minify: true,
  keepNames: true,
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
};

/** Inside a CommonJS bundle `import.meta` does not exist: these stand in for it. */
const cjs = {
  format: 'cjs',
  define: { 'import.meta.url': '__bundleUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

/** Inside an ES module `require` does not exist: bundled CommonJS libraries need it for Node's own modules. */
const esm = {
  format: 'esm',
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};

/** `import('dockerode')` becomes the import of a bundle of its own, loaded at first use; a static import of it is a build error. */
function lateDockerode(path) {
  return {
    name: 'late-dockerode',
    setup(build) {
      build.onResolve({ filter: /^dockerode$/ }, ({ kind, importer }) =>
        kind === 'dynamic-import'
          ? { path, external: true }
          : { errors: [{ text: `${importer} loads dockerode at once: use import('dockerode') where it is first needed` }] },
      );
    },
  };
}

/** Every bundle: its name, what esbuild needs, and the file whose absence means that there is nothing to build yet. */
export function bundles() {
  const publicEntries = listPublicEntries();
  const library = Object.fromEntries(publicEntries.map((name) => [name, join(root, 'src', 'public', `${name}.ts`)]));
  return [
    {
      name: 'extension',
      // Without names of functions kept: setting them costs a fifth of the time that loading it takes.
      options: { ...common, ...cjs, keepNames: false, entryPoints: [join(root, 'src/extension/extension.ts')], outfile: join(dist, 'extension.cjs'), external: ['vscode'], plugins: [lateDockerode('./dockerode.cjs')] },
    },
    {
      name: 'command',
      options: {
        ...common,
        ...esm,
        entryPoints: [join(root, 'src/cli/main.ts')],
        outfile: join(dist, 'cli.mjs'),
        plugins: [lateDockerode('./dockerode.cjs')],
      },
      executable: join(dist, 'cli.mjs'),
    },
    {
      name: 'dockerode',
      options: {
        ...common,
        format: 'cjs',
        stdin: { contents: "module.exports = require('dockerode');", resolveDir: root, sourcefile: 'dockerode.cjs' },
        outfile: join(dist, 'dockerode.cjs'),
        external: ['cpu-features', '*.node'],
        sourcemap: false,
      },
    },
    ...(publicEntries.length === 0
      ? []
      : [
          {
            name: 'library (ES modules)',
            options: { ...common, ...esm, entryPoints: library, outdir: join(dist, 'public'), outExtension: { '.js': '.mjs' }, splitting: true, minify: false, plugins: [lateDockerode('../dockerode.cjs')] },
          },
          {
            name: 'library (CommonJS)',
            options: { ...common, ...cjs, entryPoints: library, outdir: join(dist, 'public'), outExtension: { '.js': '.cjs' }, minify: false, plugins: [lateDockerode('../dockerode.cjs')] },
          },
        ]),
  ].filter(({ options }) => !Array.isArray(options.entryPoints) || options.entryPoints.every((file) => existsSync(file)));
}

/** Names of the package's public entries: src/public/NAME.ts is `tmux-agents/NAME`, src/public/index.ts is `tmux-agents`. */
export function listPublicEntries() {
  const folder = join(root, 'src', 'public');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')).map((file) => file.slice(0, -3)).sort();
}
