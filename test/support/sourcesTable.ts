// The README's table of who decides what: made of the very data that the lifecycle tests assert.
import type { CliName } from './agentClis.ts';
import { expectedSources, type CliStep } from './cliSources.ts';

/** The states as people read them, and the step of a CLI's life that shows each. */
const columns: readonly { readonly title: string; readonly step: CliStep }[] = [
  { title: 'starting', step: 'start' },
  { title: 'idle', step: 'idle' },
  { title: 'working', step: 'working' },
  { title: 'permission', step: 'permission' },
  { title: 'allowed', step: 'permission allowed' },
  { title: 'denied', step: 'permission denied' },
  { title: 'question', step: 'question' },
  { title: 'interrupted', step: 'interrupt' },
  { title: 'done', step: 'done' },
  { title: 'error', step: 'error' },
  { title: 'exited, killed', step: 'exit' },
];

const words: Readonly<Record<string, string>> = { osc7501: 'OSC 7501', statusFile: 'status file', channel: 'HTTP' };

/** The CLIs that the tests take through every state, in both places. */
export const provenClis: readonly { readonly name: CliName; readonly label: string }[] = [
  { name: 'claude', label: 'Claude Code' },
  { name: 'codex', label: 'Codex' },
  { name: 'gemini', label: 'Gemini CLI' },
  { name: 'opencode', label: 'opencode' },
  { name: 'copilot', label: 'Copilot' },
  { name: 'qwen', label: 'Qwen Code' },
  { name: 'pi', label: 'pi' },
];

/** Lines of Markdown. A container has a row of its own where it differs. */
export function sourcesTable(): string[] {
  const rows = provenClis.flatMap(({ name, label }) => {
    const [local, docker] = [rowOf(name, 'local'), rowOf(name, 'docker')];
    return local.join() === docker.join() ? [[label, ...local]] : [[label, ...local], [`${label}, in a container`, ...docker]];
  });
  const lines = [['', ...columns.map(({ title }) => title)], ['', ...columns.map(() => '')].map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`);
}

function rowOf(name: CliName, place: 'local' | 'docker'): string[] {
  return columns.map(({ step }) => expectedSources(name, place, step).map((source) => words[source] ?? source).join(' or ') || '–');
}
