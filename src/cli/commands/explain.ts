// `tmux-agents explain`: why an agent counts as working, waiting or idle; of a live agent, or of a recording.
import { open, stat } from 'node:fs/promises';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions, type Face } from '../face.ts';
import { plainText } from '../plainText.ts';
import { openReplayTerminal } from '../replayTerminal.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import { createProviderRegistry } from '../../providers/providerRegistry.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Observation } from '../../providers/status/observation.ts';
import { readRecordedScreen, readStill } from '../../providers/status/recordedScreen.ts';
import { guessSize } from '../../providers/status/recordedSize.ts';
import { replay } from '../../providers/status/replay.ts';
import { RuleBook, userRulesFolder } from '../../providers/status/ruleBook.ts';
import type { RuleSet } from '../../providers/status/screenRules.ts';

export interface ExplainCommandOptions extends CommonOptions {
  readonly provider?: string;
  readonly screen?: string;
  readonly title?: string;
  readonly raw?: string;
  readonly size?: string;
  readonly cliVersion?: string;
}

const MAX_SCREEN_BYTES = 4 * 1024 * 1024;
const MAX_RAW_BYTES = 64 * 1024 * 1024;

export const explain: Command<ExplainCommandOptions> = (face, options, [wanted]) => {
  const { screen, raw } = options;
  if (screen !== undefined && raw !== undefined) throw new AgentsError('bad-input', 'Give --screen or --raw, not both.', { hint: 'A screen is text as shown; --raw is what a program wrote to its terminal.' });
  if (screen === undefined && raw === undefined) return wanted === undefined ? missing() : explainAgent(face, options, wanted);
  if (wanted !== undefined) throw new AgentsError('bad-input', `"${wanted}" is not expected beside a recording.`, { hint: 'Name an agent, or a recording with --screen or --raw.' });
  return screen === undefined ? explainRaw(face, options, raw ?? '') : explainScreen(face, options, screen);
};

function missing(): never {
  throw new AgentsError('bad-input', 'What is to be explained?', { hint: 'Name an agent, or a recording: --provider codex --screen FILE, or --raw FILE.' });
}

function explainAgent(face: Face, options: ExplainCommandOptions, wanted: string): Promise<number> {
  return withManager(face, options.runtime, async ({ manager, status, rules }) => {
    const agent = findAgent(await manager.listByRuntime(), wanted);
    const explanation = await status.explain(agent);
    const faults = rules.errors.map(({ message }) => message);
    const answer = { agentId: agent.agentId, provider: agent.aiProvider, ...shown(explanation.status), since: new Date(explanation.status.since).toISOString(), observations: explanation.observations, reasons: explanation.reasons, ...(faults.length === 0 ? {} : { faults }) };
    face.output.answer(answer, () => [
      `${plainText(agent.name)} (${agent.agentId}, ${agent.aiProvider})`,
      ...statusLines(explanation.status),
      '',
      'Sources, the deciding one first:',
      ...explanation.observations.map(observationLine),
      '',
      'Decision:',
      ...explanation.reasons.map((reason) => `  ${plainText(reason)}`),
      ...faults.map((fault) => `  Left out: ${plainText(fault)}`),
    ].join('\n'));
    return ExitCode.OK;
  });
}

async function explainScreen(face: Face, options: ExplainCommandOptions, file: string): Promise<number> {
  const { provider, rules } = rulesFor(face, options);
  const recorded = readRecordedScreen((await readRecording(file, MAX_SCREEN_BYTES)).toString('utf8'));
  const { status, observations, reasons } = readStill(rules, provider.signals, { text: recorded.text, title: options.title ?? recorded.title }, options.cliVersion);
  face.output.answer(shown(status), () => [...statusLines(status), '', 'Sources:', ...observations.map(observationLine), '', 'Decision:', ...reasons.map((reason) => `  ${plainText(reason)}`)].join('\n'));
  return ExitCode.OK;
}

async function explainRaw(face: Face, options: ExplainCommandOptions, file: string): Promise<number> {
  const { provider, rules } = rulesFor(face, options);
  const size = options.size === undefined ? undefined : sizeOf(options.size);
  const bytes = await readRecording(file, MAX_RAW_BYTES);
  const terminal = await openReplayTerminal(size ?? guessSize(bytes));
  try {
    const changes = await replay(bytes, { rules, signals: provider.signals, version: options.cliVersion, terminal });
    face.output.answer(changes.map(({ offset, status }) => ({ offset, ...shown(status) })), () => {
      if (changes.length === 0) return 'Nothing in this recording tells a state.';
      return changes.map(({ offset, status }) => `${String(offset).padStart(9)}  ${stateText(status).padEnd(20)} ${status.source.padEnd(8)} ${(status.rule ?? '').padEnd(28)} ${plainText(status.evidence)}`).join('\n');
    });
  } finally {
    terminal.dispose();
  }
  return ExitCode.OK;
}

/** Throws `bad-input` or `not-found`. */
function rulesFor(face: Face, options: ExplainCommandOptions): { readonly provider: Provider; readonly rules: RuleSet } {
  const registry = createProviderRegistry(face.config.providers);
  if (options.provider === undefined) throw new AgentsError('bad-input', 'Whose recording is it?', { hint: `Say --provider and one of: ${registry.all.map(({ id }) => id).join(', ')}.` });
  const provider = registry.get(options.provider);
  const book = new RuleBook({ folder: userRulesFolder(face.around.env) });
  const rules = book.rulesOf(provider.id);
  for (const { message } of book.errors) face.output.note(message);
  if (rules !== undefined) return { provider, rules };
  throw new AgentsError('unsupported', `There are no screen rules for the provider "${provider.id}".`, { hint: `Put a file with rules into ${userRulesFolder(face.around.env)}; docs/status-rules.md has the format.` });
}

/** Throws `bad-input` for what is no regular file or too large, and `not-found`. */
async function readRecording(file: string, maximum: number): Promise<Buffer> {
  const about = await stat(file).catch((error: unknown) => {
    throw new AgentsError('not-found', `The recording ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  });
  if (!about.isFile()) throw new AgentsError('bad-input', `The recording ${file} is no regular file.`, { hint: 'Name a file: folders, pipes and devices are not read.' });
  if (about.size > maximum) throw new AgentsError('bad-input', `The recording ${file} is larger than ${maximum / 1024 / 1024} MB.`, { hint: 'Cut the part that matters out of it.' });
  try {
    const handle = await open(file, 'r');
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new AgentsError('bad-input', `The recording ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

/** Throws `bad-input`. */
function sizeOf(text: string): { readonly columns: number; readonly rows: number } {
  const [, columns, rows] = /^(\d{2,3})x(\d{1,3})$/.exec(text) ?? [];
  if (columns === undefined || rows === undefined || Number(rows) < 1) throw new AgentsError('bad-input', `--size: "${text}" is no size of a terminal.`, { hint: 'Columns and rows, such as 120x34.' });
  return { columns: Number(columns), rows: Number(rows) };
}

/** What a status says, for programs: the same shape for agents and recordings. */
function shown(status: AgentStatus): Record<string, unknown> {
  const { state, source, rule, evidence, request } = status;
  const text = textOf(status);
  return {
    state,
    ...(status.state === 'waiting' ? { kind: status.kind } : {}),
    ...(text === undefined ? {} : { text }),
    ...(status.state === 'exited' ? { exitCode: status.exitCode } : {}),
    source,
    ...(rule === undefined ? {} : { rule }),
    evidence,
    ...(request === undefined ? {} : { request }),
  };
}

function textOf(status: AgentStatus): string | undefined {
  return status.state === 'waiting' ? status.text : status.state === 'error' ? status.message : status.state === 'unknown' ? status.reason : undefined;
}

function stateText(status: AgentStatus): string {
  return status.state === 'waiting' ? `waiting (${status.kind})` : status.state;
}

function statusLines(status: AgentStatus): string[] {
  const text = textOf(status);
  return [
    `State:    ${stateText(status)}${text === undefined || text === '' ? '' : `: ${plainText(text)}`}`,
    `Source:   ${status.source}${status.rule === undefined ? '' : `, rule ${status.rule}`}`,
    `Evidence: ${plainText(status.evidence)}`,
  ];
}

function observationLine({ source, claim, rule, evidence }: Observation): string {
  const says = claim === null ? 'nothing' : claim.state === 'waiting' ? `waiting (${claim.kind})` : claim.state;
  return `  ${source.padEnd(11)} ${says.padEnd(20)} ${(rule ?? '').padEnd(28)} ${plainText(evidence)}`.trimEnd();
}
