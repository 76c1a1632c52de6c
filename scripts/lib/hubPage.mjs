// The hub's web page: Vite makes dist/hub-page of src/hub/page and media/hub.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dist, root } from './paths.mjs';

const source = join(root, 'src', 'hub', 'page');

/** Where the built page is. */
export const hubPageFolder = join(dist, 'hub-page');

/** What the page's scripts and styles may weigh, in bytes: people open it on a phone, too. */
const BUDGET = 900 * 1000;

/** Builds the page. Every file but index.html and those of media/hub has its content's hash in its name. Throws when it is over its budget. With `watch` it is built again whenever a file changes, until the process ends. */
export async function buildHubPage({ watch = false, log = () => undefined } = {}) {
  if (!existsSync(join(source, 'index.html'))) return;
  const { build } = await import('vite');
  await build({
    root: source,
    publicDir: join(root, 'media', 'hub'),
    configFile: false,
    envFile: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: hubPageFolder,
      emptyOutDir: true,
      target: ['chrome123', 'firefox128', 'safari17.5'],
      // Nothing inline: the page's Content-Security-Policy lets files alone run.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      watch: watch ? {} : null,
      chunkSizeWarningLimit: BUDGET / 1000,
    },
  });
  if (watch) return;
  const assets = join(hubPageFolder, 'assets');
  const size = readdirSync(assets).reduce((sum, file) => sum + statSync(join(assets, file)).size, 0);
  if (size > BUDGET) throw new Error(`dist/hub-page has ${size} bytes of scripts and styles, over its budget of ${BUDGET}.`);
  log(`dist/hub-page  ${Math.round(size / 1000)} KB`);
}
