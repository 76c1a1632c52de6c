// Approvals as the faces see them: what waits, how to answer it, and the policy that answers some of it unasked.
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import type { Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { waitFor, waitForEvent } from '../../base/wait.ts';
import { atRest } from './atRest.ts';
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { DecisionRecord } from '../../protocol/decisionRecord.ts';
import type { PolicySpec } from '../../protocol/sessionConfig.ts';
import type { ScreenMatch } from '../../providers/status/screenTypes.ts';
import type { StatusPort } from '../../providers/status/statusPort.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentHandle, AgentInfo } from '../../runtimes/types.ts';
import { withServerLock } from '../../tmux/serverLock.ts';
import { loadJudge } from '../policy/loadJudge.ts';
import { placeFilesOf, workspaceOf } from '../policy/placeFiles.ts';
import type { PolicyStore } from '../policy/policyStore.ts';
import type { RuledRequests } from '../policy/ruledRequests.ts';
import type { SessionRules } from '../policy/sessionRules.ts';
import type { SessionLog } from '../policy/sessionLog.ts';
import { answerByKeys } from './answerKeys.ts';
import type { Judgement } from '../policy/spec/judgeTool.ts';
import { ApprovalInbox, keyOf, type InboxChange, type WaitingStatus } from './approvalInbox.ts';
import { describeApproval, underRules } from './describeApproval.ts';
import { DialogWatch } from './dialogWatch.ts';
import type { Answer, Answered, AnswerWay, PendingApproval } from './pendingApproval.ts';
import type { AgentScreen, ChannelAnswers, HookAnswers, SendPrompt } from './ports.ts';

export interface ApprovalsOptions {
  readonly manager: RuntimeManager;
  readonly status: StatusPort;
  readonly screen: AgentScreen;
  readonly hooks: HookAnswers;
  readonly channel: ChannelAnswers;
  readonly sendPrompt: SendPrompt;
  readonly policies: PolicyStore;
  readonly sessionLog: SessionLog;
  /** What the rules of an agent's session say of a request. */
  readonly ruled: Pick<RuledRequests, 'judge'> & Disposable;
  /** Kept for each agent that is spawned under rules. */
  readonly sessionRules: Pick<SessionRules, 'keep' | 'forget'>;
  /** Who answers: `user@host`, and from which face. */
  readonly who: string;
  readonly face: string;
  /** Only these agents' requests may be answered by the policy: not those of other people on a shared engine. */
  readonly isOwn: (agent: AgentInfo) => boolean;
  readonly log?: Log;
}

/** Milliseconds that a dialog may take to be drawn after its request was told of. */
const DRAWN_MS = 3_000;
/** Milliseconds that a hook's report may come after the screen that shows its dialog. */
const TOLD_MS = 1_000;
/** Milliseconds that an agent may take to come to rest after a denial, before its note is given to the prompts all the same. */
const REST_MS = 15_000;

export class Approvals implements Disposable {
  readonly #options: ApprovalsOptions;
  readonly #log: Log;
  readonly #inbox: ApprovalInbox;
  readonly #owned = new DisposableStore();
  readonly #dialogs = new Map<string, DialogWatch>();
  readonly #end = new AbortController();
  #followers = 0;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    const { status, manager } = options;
    this.#inbox = new ApprovalInbox({
      status,
      onDidChangeAgents: manager.onDidChangeAgents,
      agents: () => manager.listAllAgents(),
      describe: (...about) => this.#describe(...about),
      settle: (approval) => this.#byPolicy(approval),
      forget: (key) => this.#forgetDialog(key),
      log: this.#log,
    });
    this.#owned.add(options.hooks.onDidChange((agent) => this.#inbox.refresh(agent)));
    this.#owned.add(manager.beforeKill((agent) => options.policies.forget(agent)));
    this.#owned.add(manager.beforeKill((agent) => options.sessionRules.forget(agent)));
    this.#owned.add(manager.onDidSpawnAgent(({ agent, config: { policy } }) => policy !== undefined && this.#keepRules(agent, policy)));
    this.#owned.add(options.ruled);
  }

  /** `appeared` fires once per request; `gone` when it was answered here or anywhere. */
  get onDidChange(): Event<InboxChange> {
    return this.#inbox.onDidChange;
  }

  /** What waits for a person, the oldest first; complete while somebody follows. */
  get pending(): readonly PendingApproval[] {
    return this.#inbox.pending;
  }

  get policies(): PolicyStore {
    return this.#options.policies;
  }

  of(agent: AgentHandle): PendingApproval | undefined {
    return this.#inbox.of(agent);
  }

  /** Follows every agent, and applies the policy, until disposed. Several callers may follow. */
  follow(): Disposable {
    this.#followers++;
    const [hooks, inbox] = [this.#options.hooks.follow(), this.#inbox.follow()];
    return toDisposable(() => {
      this.#followers--;
      inbox.dispose();
      hooks.dispose();
    });
  }

  /** Until they are kept nobody but a person answers for this agent. */
  #keepRules(agent: AgentInfo, policy: PolicySpec): void {
    this.#options.sessionRules.keep(agent, policy).catch((error: unknown) => this.#log.warn(`${agent.agentId}: its rules cannot be kept: ${messageOf(error)}`));
  }

  /** Looks once at these agents: for commands that do not stay. The policy answers nothing then. */
  async look(agents: readonly AgentInfo[]): Promise<readonly PendingApproval[]> {
    const statuses = await this.#options.status.look(agents);
    const found = await Promise.all(
      agents.map(async (agent) => {
        const status = statuses.get(agent);
        return status === undefined ? undefined : this.#inbox.take(agent, status, { unasked: false });
      }),
    );
    return found.filter((approval) => approval !== undefined).sort((one, other) => one.since - other.since);
  }

  /**
   * Gives a person's answer. Fails with `answered-already` when the request is gone, `stale` when something else is asked by now, `unsupported` when it cannot be
   * answered so from here, and `timeout` when the answer was given but its dialog stays. Nothing is typed in the first three cases, and nothing is ever typed twice.
   */
  async answer(approval: PendingApproval, answer: Answer): Promise<Answered> {
    return this.#answer(await this.#drawn(approval, answer), answer, { by: 'person' });
  }

  dispose(): void {
    this.#end.abort();
    this.#owned.dispose();
    this.#inbox.dispose();
    for (const key of [...this.#dialogs.keys()]) this.#forgetDialog(key);
  }

  async #answer(approval: PendingApproval, answer: Answer, how: { readonly by: 'person' } | { readonly by: 'policy'; readonly rule: string }): Promise<Answered> {
    let way: AnswerWay | undefined;
    try {
      // Two faces of this machine: the second one finds the dialog gone.
      const given = await withServerLock(`approval\0${placeKey(approval.agent)}`, async () => {
        await this.#refuseAnswered(approval);
        await this.#refusePaused(approval);
        if (!isOffered(approval, answer)) await this.#refuseImpossible(approval, answer);
        const gave = await this.#give(approval, answer, how.by);
        // Before the next face has its turn: else it would give the same answer to the next request of the same words.
        await this.#record(approval, answer, how, gave.way, 'done');
        return gave;
      });
      way = given.way;
      this.#inbox.answered(approval);
      const ruleAdded = answer.type === 'always' && !given.always && (await this.#addRule(approval));
      const note = answer.type === 'deny' && answer.note !== undefined ? (given.noted ? 'with' : 'after') : undefined;
      if (note === 'after' && answer.type === 'deny' && answer.note !== undefined) await this.#noteAfter(approval.agent, answer.note);
      return { approval, answer, way, ruleAdded, ...(note === undefined ? {} : { note }) };
    } catch (error) {
      await this.#record(approval, answer, how, way, messageOf(error));
      throw await this.#explained(approval, error);
    }
  }

  /** The CLI's own way where there is one; else keys. `always`: the CLI itself remembers it; `noted`: the note went with it. */
  async #give(approval: PendingApproval, answer: Answer, by: DecisionRecord['by']): Promise<{ readonly way: AnswerWay; readonly always: boolean; readonly noted: boolean }> {
    const { hooks, channel, screen } = this.#options;
    const { agent, request } = approval;
    const permission = approval.kind === 'permission';
    const note = answer.type === 'deny' ? answer.note : undefined;
    if (permission && (answer.type === 'approve' || answer.type === 'deny' || answer.type === 'always')) {
      if (hooks.waits(agent, request)) {
        const always = answer.type === 'always';
        const decision = answer.type === 'deny' ? { behavior: 'deny' as const, ...(note === undefined ? {} : { message: note }) } : { behavior: 'allow' as const, always };
        if (await hooks.answer(agent, request, decision)) return { way: 'hook', always, noted: note !== undefined };
      }
      if (channel.takes(agent, request)) {
        const reply = answer.type === 'deny' ? 'reject' : answer.type === 'always' ? 'always' : 'once';
        if (!(await channel.reply(agent, request, reply, note))) throw goneAlready(agent);
        return { way: 'channel', always: reply === 'always', noted: note !== undefined };
      }
    }
    if (approval.kind === 'question' && (answer.type === 'option' || answer.type === 'text') && channel.takesWords(agent, request)) {
      if (!(await channel.answer(agent, request, answer.type === 'text' ? answer.text : optionWords(approval, answer.option)))) throw goneAlready(agent);
      return { way: 'channel', always: false, noted: false };
    }
    const before = answer.type === 'always' ? await screen.look(agent) : undefined;
    await answerByKeys(screen, approval, answer, undefined, { unseen: by === 'policy' });
    return { way: 'keys', always: before?.dialog?.answers.always !== undefined, noted: false };
  }

  async #describe(agent: AgentInfo, status: WaitingStatus, id: string, told: ApprovalRequest | undefined): Promise<PendingApproval> {
    const { hooks, channel, manager } = this.#options;
    const dialog = this.#dialogOf(agent);
    const [judge, shown] = await Promise.all([loadJudge(), this.#look(agent)]);
    const ownWay = status.request !== undefined && (hooks.waits(agent, status.request) || channel.takes(agent, status.request));
    const takesWords = status.request !== undefined && channel.takesWords(agent, status.request);
    dialog.described(shown);
    const described = describeApproval({ agent, status, id, told, workspace: workspaceOf(manager, agent), shown, ownWay, takesWords, judge });
    const rules = await this.#rulesOf(described);
    return rules === undefined ? described : underRules(described, rules);
  }

  /** A request under rules that cannot be read is for a person. */
  async #rulesOf({ agent, kind, request, told }: PendingApproval): Promise<Judgement | undefined> {
    if (kind !== 'permission') return undefined;
    return this.#options.ruled.judge(agent, told ?? request, told !== undefined).catch((error: unknown) => ({ verdict: 'ask' as const, category: 'shell' as const, rule: 'unreadable', reason: messageOf(error) }));
  }

  async #look(agent: AgentInfo): Promise<ScreenMatch | undefined> {
    return this.#options.screen.look(agent).catch((error: unknown) => {
      this.#log.debug(`${agent.agentId}: its screen cannot be seen: ${messageOf(error)}`);
      return undefined;
    });
  }

  /** What keeps the entry of this agent's request true to its dialog: while the request waits, or, where nobody follows, for as long as a dialog takes to be drawn. */
  #dialogOf(agent: AgentInfo): DialogWatch {
    const key = keyOf(agent.handle);
    const known = this.#dialogs.get(key);
    if (known !== undefined) return known;
    const watch = new DialogWatch({ screen: this.#options.screen, agent, changed: () => this.#inbox.refresh(agent), log: this.#log });
    this.#dialogs.set(key, watch);
    if (this.#followers === 0) setTimeout(() => this.#followers === 0 && this.#dialogs.get(key) === watch && this.#forgetDialog(key), DRAWN_MS).unref();
    return watch;
  }

  #forgetDialog(key: string): void {
    this.#dialogs.get(key)?.dispose();
    this.#dialogs.delete(key);
  }

  /** The request as its dialog offers this answer: a CLI may tell of it seconds before it draws that. */
  async #drawn(approval: PendingApproval, answer: Answer): Promise<PendingApproval> {
    if (isOffered(approval, answer) || approval.kind === 'login' || approval.fingerprint !== undefined || this.#inbox.latest(approval) === undefined) return approval;
    return (await this.#described(approval, (one) => isOffered(one, answer), DRAWN_MS)) ?? approval;
  }

  /** The same request once a description of it is accepted; undefined when there is none in time. */
  async #described({ id, agent }: PendingApproval, accept: (approval: PendingApproval) => boolean, timeoutMs: number): Promise<PendingApproval | undefined> {
    const fits = (one: PendingApproval): boolean => one.id === id && one.agent.agentId === agent.agentId && accept(one);
    const described = waitForEvent(this.#inbox.onDidDescribe, fits, { timeoutMs, what: 'its description' }).catch(() => undefined);
    const latest = this.#inbox.latest({ id, agent });
    return latest !== undefined && fits(latest) ? latest : described;
  }

  /** Answers what the policy allows, before anybody is told of it. True when nobody needs to be told. */
  async #byPolicy(approval: PendingApproval): Promise<boolean> {
    const { policies, manager, isOwn } = this.#options;
    if (approval.kind !== 'permission' || !isOwn(approval.agent)) return false;
    // Who may act without asking, and asks all the same because its CLI's rules are less exact than ours.
    const { rules } = approval;
    try {
      if (rules?.verdict === 'deny' || (rules?.verdict === 'allow' && (approval.source === 'gate' || approval.agent.autoPilot === true))) {
        const answer: Answer = rules.verdict === 'deny' ? { type: 'deny', note: rules.reason } : { type: 'approve' };
        const ready = await this.#drawn(approval, answer);
        if (!isOffered(ready, answer)) return false;
        await this.#answer(ready, answer, { by: 'policy', rule: rules.rule });
        return true;
      }
      // The gate waits for a person, and so does what the rules want asked.
      if (rules?.verdict === 'ask' || approval.source === 'gate') return false;
      const policy = await policies.of(approval.agent);
      if (policy.categories.length === 0 && policy.commands.length === 0) return false;
      // What a screen shows may be the beginning of something longer: no policy judges by that.
      const whole = approval.told === undefined ? await this.#described(approval, ({ told }) => told !== undefined, TOLD_MS) : approval;
      if (whole?.told === undefined) return false;
      const judge = await loadJudge();
      const verdict = await judge.judgeRequest(policy, whole.kind, whole.told, placeFilesOf(manager, whole.agent));
      if (!verdict.allowed) return false;
      // Told of, but not drawn yet. Where that takes longer, people are told, and it is judged again when it can be answered.
      const ready = whole.answers.approve ? whole : await this.#described(whole, ({ answers }) => answers.approve, DRAWN_MS);
      if (ready === undefined) return false;
      await this.#answer(ready, { type: 'approve' }, { by: 'policy', rule: verdict.rule });
      return true;
    } catch (error) {
      if (isAgentsError(error, 'answered-already')) return true;
      this.#log.warn(`${approval.agent.agentId}: the policy could not answer: ${messageOf(error)}`);
      return false;
    }
  }

  async #addRule(approval: PendingApproval): Promise<boolean> {
    const rule = (await loadJudge()).ruleOf(approval.request);
    if (rule === undefined) return false;
    await this.#options.policies.add(approval.agent, rule).catch((error: unknown) => {
      throw stillAnswered(approval.agent, 'this once: the rule for the next ones is missing', error);
    });
    return true;
  }

  /** A CLI that takes no note with a denial gets it as its next prompt, once it has come to rest. */
  async #noteAfter(agent: AgentInfo, note: string): Promise<void> {
    const { manager, sendPrompt } = this.#options;
    try {
      await atRest(this.#options, agent, { timeoutMs: REST_MS, signal: this.#end.signal, log: this.#log });
      const now = manager.find(agent.agentId);
      const isGone = now === undefined && manager.get(agent.handle.runtimeId ?? agent.runtimeId) !== undefined;
      if (isGone || now?.status === 'exited' || now?.status === 'failed') throw new AgentsError('unsupported', 'It has ended, and takes no prompts any more.');
      await waitFor(sendPrompt(now ?? agent, note), { signal: this.#end.signal, what: 'the note to be given' });
    } catch (error) {
      throw stillAnswered(agent, 'without the note', error);
    }
  }

  /** Where that cannot be told, answering fails by itself. */
  async #refusePaused({ agent }: PendingApproval): Promise<void> {
    const paused = await this.#options.manager.isPaused(agent.handle).catch(() => false);
    if (paused) throw new AgentsError('unsupported', `${agent.agentId} is paused: nothing is answered until it goes on.`, { hint: 'Resume it first.' });
  }

  /** By another face of this machine, while this one waited for its turn. */
  async #refuseAnswered(approval: PendingApproval): Promise<void> {
    const now = this.#options.status.statusOf(approval.agent.handle);
    if (now !== undefined && now.state !== 'waiting' && now.state !== 'unknown') throw goneAlready(approval.agent);
    const last = (await this.#options.sessionLog.latest(approval.agent.agentId)).findLast((record) => record.id === approval.id && record.outcome === 'done');
    if (last !== undefined && Date.parse(last.at) > approval.since) throw answeredBy(approval, last);
  }

  /** It may have been answered while it was being described: then there is nothing left to answer, and nothing that could be. */
  async #refuseImpossible({ agent, kind }: PendingApproval, answer: Answer): Promise<never> {
    const now = kind === 'login' ? undefined : (await this.#options.status.look([agent])).get(agent);
    if (now !== undefined && now.state !== 'waiting') throw goneAlready(agent);
    const what = kind === 'login' ? `${agent.agentId} asks for an account: that is answered in its terminal.` : `${agent.agentId} takes no such answer from here ("${answer.type}" to a ${kind}).`;
    throw new AgentsError('unsupported', what, { hint: `Open its terminal: tmux-agents attach ${agent.agentId}` });
  }

  async #explained(approval: PendingApproval, error: unknown): Promise<AgentsError> {
    if (!isAgentsError(error, 'answered-already') || error.hint?.startsWith('By ') === true) return asAgentsError(error);
    const last = (await this.#options.sessionLog.latest(approval.agent.agentId)).findLast((record) => record.id === approval.id && record.outcome === 'done');
    return last !== undefined && Date.parse(last.at) > approval.since ? answeredBy(approval, last) : error;
  }

  async #record(approval: PendingApproval, answer: Answer, how: { readonly by: 'person' } | { readonly by: 'policy'; readonly rule: string }, way: AnswerWay | undefined, outcome: string): Promise<void> {
    const words = answer.type === 'option' ? String(answer.option) : answer.type === 'text' ? answer.text : answer.type === 'deny' ? answer.note : undefined;
    const record: DecisionRecord = {
      v: 1,
      at: new Date().toISOString(),
      agentId: approval.agent.agentId,
      id: approval.id,
      by: how.by,
      who: this.#options.who,
      face: this.#options.face,
      kind: approval.kind,
      decision: answer.type,
      ...(words === undefined ? {} : { words }),
      ...(how.by === 'policy' ? { rule: how.rule } : {}),
      category: approval.category,
      text: approval.text,
      request: approval.request,
      risk: approval.risk.level,
      ...(way === undefined ? {} : { way }),
      outcome,
    };
    await this.#options.sessionLog.append(record).catch((error: unknown) => this.#log.warn(`${record.agentId}: the decision could not be written down: ${messageOf(error)}`));
  }
}

function answeredBy(approval: PendingApproval, last: DecisionRecord): AgentsError {
  const who = last.by === 'policy' ? `the policy (${last.rule ?? 'a rule'})` : last.who;
  return new AgentsError('answered-already', `This request of ${approval.agent.agentId} was answered already (${last.decision}): nothing more was done.`, { hint: `By ${who}, at ${last.at}.` });
}

function goneAlready(agent: AgentInfo): AgentsError {
  return new AgentsError('answered-already', `${agent.agentId} does not ask for this any more: nothing was answered.`);
}

/** The answer itself was given: what should have come after it was not. */
function stillAnswered(agent: AgentInfo, how: string, error: unknown): AgentsError {
  const { reason, message, hint } = asAgentsError(error);
  return new AgentsError(reason, `${agent.agentId} was answered, but ${how}. ${message}`, { ...(hint === undefined ? {} : { hint }), cause: error });
}

function isOffered({ answers, kind }: PendingApproval, answer: Answer): boolean {
  return kind !== 'login' && { approve: answers.approve, always: answers.always, deny: answers.deny, option: answers.options.length > 0, text: answers.text }[answer.type];
}

/** The words of the option that a number or a label means. Throws `bad-input`. */
function optionWords({ answers, agent }: PendingApproval, wanted: number | string): string {
  const found = answers.options.find(({ number, label }) => String(number) === String(wanted).trim() || label.toLowerCase() === String(wanted).trim().toLowerCase());
  if (found !== undefined) return found.label;
  throw new AgentsError('bad-input', `"${String(wanted)}" is none of the options of ${agent.agentId}.`, { hint: `They are: ${answers.options.map(({ number, label }) => `${number} ${label}`).join(', ')}.` });
}

/** Two runtimes that reach the same place give the same key. */
function placeKey(agent: AgentInfo): string {
  const place = agent.handle.data['containerId'] ?? agent.handle.data['socket'];
  return `${typeof place === 'string' ? place : agent.runtimeId}\0${agent.agentId}`;
}
