// What the build makes of src: one list of bundles, each an esbuild job.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as zod from 'zod';
import { dist, root } from './paths.mjs';

/** Budget of the extension's main bundle, in bytes. */
export const EXTENSION_BUDGET = 500 * 1000;

/** Of the command alone. */
export const HUB = ['hub', 'embedded runner'];

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
  // Timeline, replay, best of N and the recorder: loaded once the agents are shown, or a command of theirs is run.
  { imported: /\/sessionViews\.ts$/, file: 'sessionViews.cjs' },
  { imported: /\/reviewLate\.ts$/, file: 'review.cjs' },
  // The connection to a hub: loaded when somebody connects, or has connected.
  { imported: /\/hubViews\.ts$/, file: 'hubViews.cjs' },
  // The command's alone: it is a program of its own, which stays out of the VSIX.
  { imported: /\/hubEntry\.ts$/, file: 'hub.mjs' },
  { imported: /\/embeddedRunner\.ts$/, file: 'embeddedRunner.mjs' },
  // Data that is read with the first agent. Whoever imports it is itself imported late, so it may say so at its top.
  { imported: /\/builtInRules\.ts$/, file: 'rules.cjs', atOnce: true },
];

/** Of the extension's bundles alone, which share it: the schemas' library. */
const schemas = { imported: /^zod$/, file: 'zod.cjs', atOnce: true };

/** What src uses of zod at run time (of `core` it uses types alone), so that the rest of it (its texts in forty languages, say) stays out of the bundle. */
function usedOfZod() {
  const used = new Set();
  for (const file of readdirSync(join(root, 'src'), { recursive: true })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(root, 'src', file), 'utf8');
    if (text.includes("from 'zod'")) for (const [, name] of text.matchAll(/\bz\.(\w+)/g)) if (name in zod && name !== 'core') used.add(name);
  }
  return [...used].sort();
}

/** What webviews show: a script and a style sheet each. */
const pages = ['timeline', 'replay', 'comparison'];

/** `import('dockerode')` becomes the import of a file in `folder`; a static import of what loads late is a build error. */
function lateParts(folder, parts = late) {
  return {
    name: 'late-parts',
    setup(build) {
      for (const { imported, file, atOnce = false } of parts) {
        build.onResolve({ filter: imported }, ({ path, kind, importer }) =>
          // The bundle itself is made of it.
          importer.endsWith(`/${file}`) ? undefined : atOnce || kind === 'dynamic-import'
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
      options: { ...common, ...cjs, keepNames: false, entryPoints: [join(root, 'src/extension/extension.ts')], outfile: join(dist, 'extension.cjs'), external: ['vscode'], plugins: [lateParts('.', [...late, schemas])] },
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
      // With all its libraries. What they load if it is there (native parts for speed) is not.
      name: HUB[0],
      options: {
        ...common,
        ...esm,
        target: 'node22',
        // Libraries that are CommonJS ask where they are.
        define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
        stdin: { contents: "export * from './hubEntry.ts';", resolveDir: join(root, 'src/hub'), sourcefile: 'hub.mjs' },
        outfile: join(dist, 'hub.mjs'),
        external: ['pg-native', 'bufferutil', 'utf-8-validate', 'cbor-extract', 'msgpackr-extract', '*.node'],
        plugins: [lateParts('.')],
        sourcemap: false,
      },
    },
    {
      // What the hub runs sessions with: of the hub's command alone, too.
      name: HUB[1],
      options: { ...common, ...esm, stdin: { contents: "export * from './embeddedRunner.ts';", resolveDir: join(root, 'src/cli'), sourcefile: 'embeddedRunner.mjs' }, outfile: join(dist, 'embeddedRunner.mjs'), external: ['bufferutil', 'utf-8-validate'], plugins: [lateParts('.')], sourcemap: false },
    },
    {
      name: 'schemas',
      options: { ...common, format: 'cjs', stdin: { contents: `export { ${usedOfZod().join(', ')} } from 'zod';`, resolveDir: root, sourcefile: 'zod.cjs' }, outfile: join(dist, 'zod.cjs'), sourcemap: false },
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
      // Review in VS Code, and the workspaces that it needs.
      name: 'review',
      options: {
        ...common,
        ...cjs,
        keepNames: false,
        stdin: { contents: "export * from './reviewLate.ts';", resolveDir: join(root, 'src/extension/review'), sourcefile: 'review.cjs' },
        outfile: join(dist, 'review.cjs'),
        external: ['vscode'],
        plugins: [lateParts('.', [...late, schemas])],
      },
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
    {
      // Not loaded: its text is what runs in a container beside a restricted agent's.
      name: 'egress proxy',
      options: {
        ...common,
        format: 'esm',
        stdin: { contents: "import { run } from './proxyProgram.ts'; void run(JSON.parse(process.argv[1]));", resolveDir: join(root, 'src/runtimes/docker/egress'), sourcefile: 'egressProxy.mjs' },
        outfile: join(dist, 'egressProxy.mjs'),
        keepNames: false,
        sourcemap: false,
      },
    },
    {
      name: 'sessionViews',
      options: { ...common, ...cjs, keepNames: false, stdin: { contents: "export * from './sessionViews.ts';", resolveDir: join(root, 'src/extension'), sourcefile: 'sessionViews.cjs' }, outfile: join(dist, 'sessionViews.cjs'), external: ['vscode'], plugins: [lateParts('.', [...late, schemas])] },
    },
    {
      name: 'hubViews',
      options: { ...common, ...cjs, keepNames: false, stdin: { contents: "export * from './hubViews.ts';", resolveDir: join(root, 'src/extension/hubConnection'), sourcefile: 'hubViews.cjs' }, outfile: join(dist, 'hubViews.cjs'), external: ['vscode'], plugins: [lateParts('.', [...late, schemas])] },
    },
    {
      name: 'pages',
      options: { ...common, platform: 'browser', format: 'iife', target: 'es2022', entryPoints: pages.flatMap((page) => [join(root, 'src/webview', `${page}.ts`), join(root, 'src/webview', `${page}.css`)]), outdir: join(dist, 'webview'), sourcemap: false },
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

/** Names of the bundles that are the extension: all but the library and the hub. */
export function extensionBundles() {
  return bundles().map(({ name }) => name).filter((name) => !name.startsWith('library') && !HUB.includes(name));
}

/** Names of the package's public entries: src/public/NAME.ts is `tmux-agents/NAME`, src/public/index.ts is `tmux-agents`. */
export function listPublicEntries() {
  const folder = join(root, 'src', 'public');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')).map((file) => file.slice(0, -3)).sort();
}
