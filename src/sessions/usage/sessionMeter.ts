// What one agent uses, for whoever asks now and then (the runner, at each heartbeat): its processes by the kernel's files, its tokens by its CLI's own word.
import { messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { UsageMetrics } from '../../protocol/runnerEvent.ts';
import { cgroupTotals, kernelFiles, processTable, processTotals, type KernelFiles, type ProcessRow, type ResourceTarget, type ResourceTotals } from './resources.ts';
import type { TokenUsage } from './transcript.ts';

export interface SessionMeterOptions {
  /** Where its processes are now; undefined while there are none, or none that can be seen from here. */
  readonly target: () => Promise<ResourceTarget | undefined>;
  /** What its CLI tells; undefined while it tells nothing. */
  readonly tokens?: (() => Promise<Partial<TokenUsage> | undefined>) | undefined;
  readonly tables?: ProcessTables | undefined;
  readonly log?: Log | undefined;
}

/** Milliseconds that one reading of all processes serves whoever asks. */
const FRESH_MS = 500;

/** The machine's processes, read once for all who ask at about the same time. */
export class ProcessTables {
  readonly files: KernelFiles;
  #read: { readonly at: number; readonly rows: Promise<readonly ProcessRow[]> } | undefined;

  constructor(files: KernelFiles = kernelFiles) {
    this.files = files;
  }

  rows(): Promise<readonly ProcessRow[]> {
    const now = performance.now();
    if (this.#read === undefined || now - this.#read.at > FRESH_MS) this.#read = { at: now, rows: processTable(this.files) };
    return this.#read.rows;
  }
}

const ofThisMachine = new ProcessTables();

export class SessionMeter {
  readonly #options: SessionMeterOptions;
  readonly #tables: ProcessTables;
  #last: { readonly at: number; readonly totals: ResourceTotals } | undefined;

  constructor(options: SessionMeterOptions) {
    this.#options = options;
    this.#tables = options.tables ?? ofThisMachine;
  }

  /** What is known; one part that fails costs the other nothing. CPU is that since the last call, and absent at the first. */
  async measure(): Promise<Partial<UsageMetrics>> {
    const { log = silentLog, tokens } = this.#options;
    const known = async <T>(what: string, work: () => Promise<T | undefined> | undefined): Promise<T | undefined> => {
      try {
        return await work();
      } catch (error) {
        log.debug(`${what} cannot be read: ${messageOf(error)}`);
        return undefined;
      }
    };
    const [resources, told] = await Promise.all([known('What the agent uses', () => this.#resources()), known('What its CLI tells of tokens', () => tokens?.())]);
    return { ...resources, ...defined(told ?? {}) };
  }

  async #resources(): Promise<Partial<UsageMetrics> | undefined> {
    const target = await this.#options.target();
    if (target === undefined) return undefined;
    const { files } = this.#tables;
    const totals = target.kind === 'container' ? await cgroupTotals(target.pid, files) : await processTotals(await this.#tables.rows(), target.pid, files);
    if (totals === undefined) return undefined;
    const at = performance.now();
    const last = this.#last;
    // What ended without its parent's knowledge takes its counts along: totals never fall.
    const diskBytes = Math.max(totals.diskBytes, last?.totals.diskBytes ?? 0);
    this.#last = { at, totals: { ...totals, diskBytes } };
    const cpuPercent = last === undefined ? undefined : Math.max(0, (100 * (totals.cpuMs - last.totals.cpuMs)) / Math.max(1, at - last.at));
    return { memoryBytes: totals.memoryBytes, diskBytes, pids: totals.pids, ...(cpuPercent === undefined ? {} : { cpuPercent: Math.round(cpuPercent * 10) / 10 }) };
  }
}

function defined({ tokensIn, tokensOut, apiCalls, costUsd }: Partial<TokenUsage>): Partial<UsageMetrics> {
  return { ...(tokensIn === undefined ? {} : { tokensIn }), ...(tokensOut === undefined ? {} : { tokensOut }), ...(apiCalls === undefined ? {} : { apiCalls }), ...(costUsd === undefined ? {} : { costUsd }) };
}
