// What a file is about, for approvals: secrets by its name, dependencies by what would be written into it.
import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { secretPart } from '../places.ts';
import type { CommandCategory } from './commandCategories.ts';
import type { FileChange } from './toolUse.ts';

/** Files that name what a project is built from. */
const MANIFEST = /^(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|yarn\.lock|bun\.lockb?|deno\.jsonc?|requirements[\w.-]*\.(?:txt|in)|constraints[\w.-]*\.txt|pyproject\.toml|setup\.(?:py|cfg)|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock|environment\.ya?ml|Cargo\.(?:toml|lock)|go\.(?:mod|sum|work)|Gemfile(?:\.lock)?|[\w.-]+\.gemspec|composer\.(?:json|lock)|pom\.xml|build\.gradle(?:\.kts)?|[\w.-]+\.(?:cs|fs|vb)proj|mix\.(?:exs|lock)|Package\.swift|Podfile|pubspec\.yaml|\.gitmodules)$/;
const DEPENDENCIES = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies', 'bundledDependencies', 'overrides', 'resolutions', 'pnpm', 'workspaces', 'imports'] as const;
/** More of the environment's and the person's own secrets than a name tells. */
const SECRET_PLACE = /^\/proc\/(?:self|thread-self|\d+|\$\$)\/(?:environ|mem|task)|^\/etc\/(?:shadow|gshadow|sudoers|ssh(?:\/|$)|ssl\/private)|\/\.(?:config\/(?:gh|gcloud|hub|op|rclone|sops|containers|github-copilot)|claude(?:\.json|\/\.credentials\.json)|codex\/auth\.json|gemini\/(?:oauth_creds|google_accounts)\.json|local\/share\/(?:opencode\/auth\.json|keyrings)|qwen\/oauth_creds\.json|password-store|pgpass|my\.cnf|terraform\.d|cargo\/credentials|m2\/settings\.xml|bash_history|zsh_history)/;

/** `path` as it is written, or real. */
export function secretsOf(path: string, workspace: string): CommandCategory | undefined {
  const absolute = posix.resolve(workspace, path.replace(/^~(?=\/|$)/, '/home/~').replace(/^\$\{?HOME\}?(?=\/|$)/, '/home/~'));
  const part = secretPart(absolute, workspace) ?? SECRET_PLACE.exec(absolute)?.[0];
  return part === undefined ? undefined : { category: 'secrets', reason: `${part} may hold secrets` };
}

/** Writing this file. `present` is what it holds now; undefined where that is not known or it is not there. */
export function dependenciesOf(path: string, change: FileChange | undefined, present: string | undefined): CommandCategory | undefined {
  const name = posix.basename(path);
  if (!MANIFEST.test(name)) return undefined;
  const after = change === undefined ? undefined : change.type === 'whole' ? change.content : edited(present, change.edits);
  if (name === 'package.json' && after !== undefined) {
    const [now, then] = [dependencies(present ?? '{}'), dependencies(after)];
    if (now !== undefined && then !== undefined && isDeepStrictEqual(now, then)) return undefined;
  }
  return { category: 'deps_add', reason: `${name} says what the project is built from` };
}

function edited(present: string | undefined, edits: readonly { readonly before: string; readonly after: string }[]): string | undefined {
  return edits.reduce<string | undefined>((text, { before, after }) => (text === undefined || before === '' || !text.includes(before) ? undefined : text.replaceAll(before, () => after)), present);
}

function dependencies(text: string): unknown {
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== 'object' || manifest === null) return undefined;
    const held = manifest as Readonly<Record<string, unknown>>;
    return Object.fromEntries(DEPENDENCIES.map((key) => [key, held[key]]));
  } catch {
    return undefined;
  }
}
