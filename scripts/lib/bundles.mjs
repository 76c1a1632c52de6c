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

/** Libraries, and parts of our own, that are bundles of their own, loaded where they are first needed: what is imported, and its bundle. */
const late = [
  { imported: /^dockerode$/, file: 'dockerode.cjs' },
  { imported: /^@xterm\/headless$/, file: 'xterm.cjs' },
  { imported: /\/shellJudge\.ts$/, file: 'shellJudge.cjs' },
  // Data that is read with the first agent. Whoever imports it is itself imported late, so it may say so at its top.
  { imported: /\/builtInRules\.ts$/, file: 'rules.cjs', atOnce: true },
];

/** `import('dockerode')` becomes the import of a file in `folder`; a static import of what loads late is a build error. */
function lateParts(folder) {
  return {
    name: 'late-parts',
    setup(build) {
      for (const { imported, file, atOnce = false } of late) {
        build.onResolve({ filter: imported }, ({ path, kind, importer }) =>
          atOnce || kind === 'dynamic-import'
            ? { path: `${folder}/${file}`, external: true }
            : { errors: [{ text: `${importer} loads ${path} at once: use import('${path}') where it is first needed` }] },
        );
      }
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
      options: { ...common, ...cjs, keepNames: false, entryPoints: [join(root, 'src/extension/extension.ts')], outfile: join(dist, 'extension.cjs'), external: ['vscode'], plugins: [lateParts('.')] },
    },
    {
      name: 'command',
      options: {
        ...common,
        ...esm,
        entryPoints: [join(root, 'src/cli/main.ts')],
        outfile: join(dist, 'cli.mjs'),
        plugins: [lateParts('.')],
      },
      executable: join(dist, 'cli.mjs'),
    },
    {
      name: 'terminal emulator',
      options: {
        ...common,
        format: 'cjs',
        stdin: { contents: "module.exports = require('@xterm/headless');", resolveDir: root, sourcefile: 'xterm.cjs' },
        outfile: join(dist, 'xterm.cjs'),
        sourcemap: false,
      },
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
    {
      name: 'shellJudge',
      options: { ...common, ...cjs, stdin: { contents: "export * from './shellJudge.ts';", resolveDir: join(root, 'src/sessions/policy'), sourcefile: 'shellJudge.cjs' }, outfile: join(dist, 'shellJudge.cjs') },
    },
    {
      // A program: the gate's script runs it, with whatever Node the face has.
      name: 'gate',
      options: { ...common, ...cjs, entryPoints: [join(root, 'src/sessions/policy/gate/gateMain.ts')], outfile: join(dist, 'gate.cjs') },
    },
    {
      name: 'rules',
      options: { ...common, ...cjs, stdin: { contents: "export * from './builtInRules.ts';", resolveDir: join(root, 'src/providers/status'), sourcefile: 'rules.cjs' }, outfile: join(dist, 'rules.cjs'), sourcemap: false },
    },
    ...(publicEntries.length === 0
      ? []
      : [
          {
            name: 'library (ES modules)',
            options: { ...common, ...esm, entryPoints: library, outdir: join(dist, 'public'), outExtension: { '.js': '.mjs' }, splitting: true, minify: false, plugins: [lateParts('..')] },
          },
          {
            name: 'library (CommonJS)',
            options: { ...common, ...cjs, entryPoints: library, outdir: join(dist, 'public'), outExtension: { '.js': '.cjs' }, minify: false, plugins: [lateParts('..')] },
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
