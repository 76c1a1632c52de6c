// The settings of both faces: VS Code maps its settings onto this, the command reads it from its file.
import * as z from 'zod';
import { AgentsError } from '../base/errors.ts';
import { ApprovalPolicy } from './approvalPolicy.ts';
import { AUTH_MOUNT_KEYS } from './authMountKeys.ts';
import { parseMemory } from './memory.ts';
import { AllowedHost, NetworkWish } from './network.ts';
import { WrittenPolicy } from './sessionConfig.ts';

const words = z.array(z.string());
const text = z.string().min(1, 'must not be empty');
/** Environment variables by name. */
export const Environment = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name has letters, digits and "_" only'), z.string());

/** Names a runtime or a provider: letters, digits, `_`, `.` and `-`. */
const ConfigId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'an id has 1 to 63 letters, digits, "_", "." or "-", and starts with a letter or digit');

/** Bytes as a number, or text such as `4g` and `512m`; bytes once parsed. */
export const Memory = z.union([z.number(), z.string()], 'must be bytes, or a size such as "4g" or "512m"').transform((size, context) => {
  const bytes = parseMemory(size);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: 'custom', message: `${JSON.stringify(size)} is no size: use bytes, or a number with a unit such as "4g" or "512m"` });
  return z.NEVER;
});

const LocalRuntimeConfig = z.strictObject({
  type: z.literal('local'),
  /** The tmux server's socket name (`-L`). Default `tmux-agents`. */
  socketName: text.optional(),
  /** The tmux program. Default: `tmux` on the PATH. */
  tmuxPath: text.optional(),
  /** What agents get of the environment that they are spawned from: all of it, or only what is known to be harmless and needed. Default `inherit`. */
  environment: z.enum(['inherit', 'allowlist']).optional(),
  /** More names for the allowlist; `*` as the last letter stands for any others. */
  environmentNames: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*\*?$/, 'must be the name of a variable, or its beginning and "*"')).optional(),
});

/** Names the faulty keys and those there are; nothing for other faults, which zod words itself. */
function authMountFault(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  return `${issue.keys.map((key) => JSON.stringify(key)).join(', ')} is not known: use ${AUTH_MOUNT_KEYS.join(', ')}`;
}

const DockerRuntimeConfig = z.strictObject({
  type: z.literal('docker'),
  image: text.regex(/^[A-Za-z0-9][A-Za-z0-9._/:@-]*$/, 'must be the name of an image, such as "tmux-agents-base:latest"').optional(),
  network: text.optional(),
  /** What agents may reach that ask for nothing else; its `allow` counts for all restricted ones. */
  egress: NetworkWish.optional(),
  /** Where the engine is: at most one of the three; DOCKER_HOST, the current context or the usual sockets when none is given. */
  socketPath: text.optional(),
  host: text.optional(),
  context: text.optional(),
  /** Of each container that asks for nothing else. */
  memory: Memory.optional(),
  cpus: z.number().positive().optional(),
  pidsLimit: z.int().positive().optional(),
  /** `source:target[:ro]`, as in `docker run -v`. */
  extraBinds: words.optional(),
  /** Which of the person's login folders are mounted read-only, by key. */
  authMounts: z.partialRecord(z.enum(AUTH_MOUNT_KEYS), z.boolean(), { error: authMountFault }).optional(),
  /** The docker program, used by attach only. Default: `docker` on the PATH. */
  dockerPath: text.optional(),
});

export const RuntimeConfig = z.discriminatedUnion('type', [LocalRuntimeConfig, DockerRuntimeConfig]);
export type RuntimeConfig = z.infer<typeof RuntimeConfig>;
export type LocalRuntimeConfig = z.infer<typeof LocalRuntimeConfig>;
export type DockerRuntimeConfig = z.infer<typeof DockerRuntimeConfig>;

/** Words of a command line that put a text where they say so. */
const wordsWith = (placeholder: string): typeof words => words.refine((given) => given.length === 0 || given.some((word) => word.includes(placeholder)), `must hold ${placeholder} in one of its words`);
const keys = z.array(z.string().regex(/^\S+$/, 'must be the name of a key as tmux knows it, such as "C-c" or "Escape"')).min(1, 'must name a key');

/** A provider of the user's own, or changes to a built-in one: what is given replaces what the built-in has. Words may hold `{task}`, `{model}`, `{mode}` and `{session}`. */
export const ProviderConfig = z.strictObject({
  label: text.optional(),
  description: z.string().optional(),
  /** The program and the arguments that it always gets. */
  argv: z.array(z.string()).min(1, 'must name a program').refine((argv) => argv[0] !== '', 'must begin with the name of a program').optional(),
  /** Arguments that are always added, before the task. */
  args: words.optional(),
  /** Arguments that make it print its version and end. */
  version: words.optional(),
  /** Arguments that give it the task; left out when there is none. */
  task: wordsWith('{task}').optional(),
  model: wordsWith('{model}').optional(),
  /** Arguments that set what it may do unasked to a mode of its own. */
  permission: wordsWith('{mode}').optional(),
  /** Arguments that let it act without asking. */
  autopilot: words.optional(),
  /** Arguments that make it ask. */
  ask: words.optional(),
  /** Arguments that continue a conversation. */
  resume: wordsWith('{session}').optional(),
  /** Arguments that give a new conversation an id of our choice, a UUID. */
  conversation: wordsWith('{session}').optional(),
  /** tmux's names of the keys that interrupt its turn. */
  interruptKeys: keys.optional(),
  /** How it is asked to end: a prompt, or keys. */
  exit: z.union([z.strictObject({ prompt: text }), z.strictObject({ keys })], 'must be {"prompt": text} or {"keys": [names]}').optional(),
  /** How to get it: a sentence. */
  installHint: text.optional(),
  env: Environment.optional(),
  /** Hosts that it needs: agents of a restricted network may reach them, too. */
  hosts: z.array(AllowedHost).optional(),
});
export type ProviderConfig = z.infer<typeof ProviderConfig>;

const runtimeTypes: ReadonlySet<string> = new Set(RuntimeConfig.options.map((option) => option.shape.type.value));

/** Adds what may be left out: the runtimes `local` and `docker`, and their `type`. `false` switches a runtime off. */
function completeRuntimes(given: unknown): unknown {
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) return given;
  const entries = Object.entries({ local: {}, docker: {}, ...given }) as [string, unknown][];
  return Object.fromEntries(
    entries
      .filter(([, runtime]) => runtime !== false)
      .map(([id, runtime]) => [id, runtimeTypes.has(id) && typeof runtime === 'object' && runtime !== null && !('type' in runtime) ? { type: id, ...runtime } : runtime]),
  );
}

export const Config = z.strictObject({
  /** Editors may name a schema here. */
  $schema: z.string().optional(),
  runtimes: z.preprocess(completeRuntimes, z.record(ConfigId, RuntimeConfig)),
  providers: z.record(ConfigId, ProviderConfig).default({}),
  /** The person's consent that CLIs may treat every folder they are spawned in as trusted, as if their own question had been answered so. */
  trustFolders: z.boolean().default(true),
  /** What may be approved without asking a person; nothing unless it is chosen here, or for one agent. */
  approvals: z.strictObject({ auto: ApprovalPolicy.optional() }).prefault({}),
  /** The rules of every agent that is spawned without its own. */
  policy: WrittenPolicy.optional(),
  /** What is kept of agents' sessions; journals are kept in any case. */
  sessions: z
    .strictObject({
      /** Whether terminals are recorded. */
      record: z.boolean().default(true),
      /** Megabytes of one terminal's recording; of a longer one the beginning goes. */
      maxMegabytes: z.number().min(1, 'must be 1 to 1000').max(1_000, 'must be 1 to 1000').default(32),
      /** Days that sessions of agents that are gone are kept. */
      keptDays: z.number().min(1, 'must be 1 to 3650').max(3_650, 'must be 1 to 3650').default(30),
    })
    .prefault({}),
  /** What `spawn` takes when it is told nothing else. */
  defaults: z.strictObject({ runtime: ConfigId.default('local'), provider: ConfigId.default('claude'), model: text.optional() }).prefault({}),
});
export type Config = z.infer<typeof Config>;

/** Checks settings and fills in defaults. Throws `bad-input` with one line per fault, the key first; `source` names where they came from. */
export function parseConfig(settings: unknown, source: string): Config {
  const parsed = Config.safeParse(settings);
  if (parsed.success) return parsed.data;
  const faults = faultLines(parsed.error);
  throw new AgentsError('bad-input', `The settings in ${source} are not valid: ${faults.join('; ')}.`, {
    hint: `Correct ${faults.length === 1 ? 'this key' : 'these keys'} in ${source}.`,
    cause: parsed.error,
  });
}

/** One line per fault of a zod error: the key's path, then what is wrong. */
export function faultLines(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
    return path === '' ? message : `${path}: ${message}`;
  });
}
