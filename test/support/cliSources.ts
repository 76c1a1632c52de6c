// Which source decides each step of a CLI's life: observed, asserted by the lifecycle tests, and shown in the README's table.
import type { StatusSource } from '../../src/protocol/agentStatus.ts';
import type { CliName } from './agentClis.ts';
import type { CliPlace } from './cliWorld.ts';

export const cliSteps = ['start', 'idle', 'working', 'done', 'permission', 'permission allowed', 'permission denied', 'question', 'interrupt', 'error', 'exit', 'kill -9'] as const;
export type CliStep = (typeof cliSteps)[number];

/** More than one where it depends on how a person, or the product, answers. */
type Sources = Readonly<Record<CliStep, readonly StatusSource[]>>;

const process = { start: ['process'], exit: ['process'], 'kill -9': ['process'] } as const;

/** All steps by one source, but for what the process itself tells. */
function allBy(source: StatusSource, more: Partial<Sources> = {}): Sources {
  const rest = cliSteps.filter((step) => !(step in process)).map((step) => [step, [source]] as const);
  return { ...Object.fromEntries(rest), ...process, ...more } as Sources;
}

const local: Readonly<Record<CliName, Sources>> = {
  // A denial through its hook ends in a Stop hook, one by the keys of its dialog in none; nor does Escape.
  claude: allBy('hooks', { 'permission denied': ['hooks', 'statusFile', 'screen'], interrupt: ['statusFile', 'screen'] }),
  codex: allBy('osc7501'),
  gemini: allBy('title', { error: ['screen'] }),
  opencode: allBy('channel', { idle: ['screen', 'channel'] }),
  // It begins its session, and so its hooks, with the first prompt.
  copilot: allBy('hooks', { idle: ['screen'], working: ['hooks', 'screen'], 'permission denied': ['hooks', 'screen'], interrupt: ['screen'] }),
  qwen: allBy('hooks'),
  // It asks for nothing.
  pi: allBy('screen', { permission: [], 'permission allowed': [], 'permission denied': [], question: [] }),
};

/** Where a container differs: its files are not followed. */
const docker: Partial<Readonly<Record<CliName, Partial<Sources>>>> = {
  claude: { 'permission denied': ['hooks', 'screen'], interrupt: ['screen'] },
};

export function expectedSources(provider: CliName, place: CliPlace, step: CliStep): readonly StatusSource[] {
  return (place === 'docker' ? docker[provider]?.[step] : undefined) ?? local[provider][step];
}
