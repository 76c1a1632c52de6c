// The proxy's program as text, for a container's command line: as it was built, or, in a checkout, as it is written.
import { readFile } from 'node:fs/promises';

let text: Promise<readonly string[]> | undefined;

/** The words that run it there; its settings are to follow, as JSON. They need Node 20 in the image (24 for a checkout). */
export function proxyCommand(): Promise<readonly string[]> {
  text ??= load();
  text.catch(() => (text = undefined));
  return text;
}

async function load(): Promise<readonly string[]> {
  // Beside the bundle, or above it: the library's bundles lie in a folder.
  for (const path of ['./egressProxy.mjs', '../egressProxy.mjs']) {
    const built = await readFile(new URL(path, import.meta.url), 'utf8').catch(() => undefined);
    if (built !== undefined) return ['node', '--input-type=module', '-e', built, '--'];
  }
  const source = await readFile(new URL('./proxyProgram.ts', import.meta.url), 'utf8');
  return ['node', '--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', `${source}\nvoid run(JSON.parse(process.argv[1] ?? ''));`, '--'];
}
