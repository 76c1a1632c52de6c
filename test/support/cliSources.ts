// Which source decides each step of a CLI's life: observed, asserted by the lifecycle tests, and shown in the README's table.
import type { StatusSource } from '../../src/protocol/agentStatus.ts';
import type { CliName } from './agentClis.ts';
import type { CliPlace } from './cliWorld.ts';

export const cliSteps = ['start', 'idle', 'working', 'done', 'permission', 'permission allowed', 'permission denied', 'question', 'interrupt', 'error', 'exit', 'kill -9'] as const;
export type CliStep = (typeof cliSteps)[number];

type Sources = Readonly<Record<CliStep, StatusSource>>;

const process = { start: 'process', exit: 'process', 'kill -9': 'process' } as const;

/** All steps by one source, but for what the process itself tells. */
function allBy(source: StatusSource, more: Partial<Sources> = {}): Sources {
  const rest = cliSteps.filter((step) => !(step in process)).map((step) => [step, source] as const);
  return { ...Object.fromEntries(rest), ...process, ...more } as Sources;
}

const local: Partial<Readonly<Record<CliName, Sources>>> = {
  claude: allBy('hooks', { 'permission denied': 'statusFile', interrupt: 'statusFile' }),
  codex: allBy('osc7501'),
  gemini: allBy('title'),
  opencode: allBy('channel'),
};

/** Where a container differs. */
const docker: Partial<Readonly<Record<CliName, Sources>>> = {};

export function expectedSource(provider: CliName, place: CliPlace, step: CliStep): StatusSource {
  const sources = (place === 'docker' ? docker[provider] : undefined) ?? local[provider];
  if (sources === undefined) throw new Error(`Nothing is known of the sources of ${provider}.`);
  return sources[step];
}
