// Every id that package.json and the code share, typed once; a test compares them with package.json in both directions.

/** The extension's own id, `publisher.name`. */
export const EXTENSION_ID = 'tmux-agents.tmux-agents';

/** The section of all settings. */
export const SECTION = 'tmuxAgents';

export const Commands = {
  spawn: 'tmuxAgents.agent.spawn',
  spawnDemo: 'tmuxAgents.agent.spawnDemo',
  attach: 'tmuxAgents.agent.attach',
  attachInEditor: 'tmuxAgents.agent.attachInEditor',
  sendPrompt: 'tmuxAgents.agent.sendPrompt',
  composePrompt: 'tmuxAgents.agent.composePrompt',
  submitPrompt: 'tmuxAgents.prompt.submit',
  interrupt: 'tmuxAgents.agent.interrupt',
  rename: 'tmuxAgents.agent.rename',
  kill: 'tmuxAgents.agent.kill',
  remove: 'tmuxAgents.agent.remove',
  killAll: 'tmuxAgents.agent.killAll',
  removeFinished: 'tmuxAgents.agent.removeFinished',
  copyAttachCommand: 'tmuxAgents.agent.copyAttachCommand',
  showOutput: 'tmuxAgents.agent.showOutput',
  refreshOutput: 'tmuxAgents.output.refresh',
  adopt: 'tmuxAgents.session.adopt',
  release: 'tmuxAgents.session.release',
  buildImage: 'tmuxAgents.image.build',
  startDocker: 'tmuxAgents.docker.start',
  installTmux: 'tmuxAgents.tmux.install',
  doctor: 'tmuxAgents.doctor.run',
  explainProblem: 'tmuxAgents.runtime.explain',
  showLog: 'tmuxAgents.log.show',
  groupBy: 'tmuxAgents.view.groupBy',
  refresh: 'tmuxAgents.view.refresh',
  inbox: 'tmuxAgents.approval.inbox',
  approve: 'tmuxAgents.approval.approve',
  deny: 'tmuxAgents.approval.deny',
  denyWithNote: 'tmuxAgents.approval.denyWithNote',
  alwaysApprove: 'tmuxAgents.approval.always',
  answerQuestion: 'tmuxAgents.approval.answer',
  openWaiting: 'tmuxAgents.approval.openTerminal',
  autoApprove: 'tmuxAgents.agent.autoApprove',
  explainStatus: 'tmuxAgents.agent.explainStatus',
  resume: 'tmuxAgents.agent.resume',
  sendSelection: 'tmuxAgents.context.sendSelection',
  sendFile: 'tmuxAgents.context.sendFile',
  sendDiagnostics: 'tmuxAgents.context.sendDiagnostics',
  broadcast: 'tmuxAgents.agent.broadcast',
  showQueue: 'tmuxAgents.agent.showQueue',
  openSettings: 'tmuxAgents.settings.open',
  showTimeline: 'tmuxAgents.agent.showTimeline',
  replay: 'tmuxAgents.agent.replay',
  bestOf: 'tmuxAgents.bestOf.start',
  showBestOf: 'tmuxAgents.bestOf.show',
  connectHub: 'tmuxAgents.hub.connect',
  disconnectHub: 'tmuxAgents.hub.disconnect',
  showHub: 'tmuxAgents.hub.show',
  hubAttach: 'tmuxAgents.hub.attach',
  hubPrompt: 'tmuxAgents.hub.sendPrompt',
  hubAnswer: 'tmuxAgents.hub.answer',
  hubInterrupt: 'tmuxAgents.hub.interrupt',
  hubKill: 'tmuxAgents.hub.kill',
  hubDiff: 'tmuxAgents.hub.showDiff',
  // Review.
  showChanges: 'tmuxAgents.review.showChanges',
  openChange: 'tmuxAgents.review.openChange',
  openWorktree: 'tmuxAgents.review.openWorktree',
  commitChanges: 'tmuxAgents.review.commit',
  amendMessage: 'tmuxAgents.review.amendMessage',
  mergeInto: 'tmuxAgents.review.mergeInto',
  squashInto: 'tmuxAgents.review.squashInto',
  rebaseInto: 'tmuxAgents.review.rebaseInto',
  rebaseOnto: 'tmuxAgents.review.rebaseOnto',
  resolveConflicts: 'tmuxAgents.review.resolveConflicts',
  continueMerge: 'tmuxAgents.review.continueMerge',
  abortMerge: 'tmuxAgents.review.abortMerge',
  discardFile: 'tmuxAgents.review.discardFile',
  discardHunk: 'tmuxAgents.review.discardHunk',
  createPullRequest: 'tmuxAgents.review.createPullRequest',
  addComment: 'tmuxAgents.review.addComment',
  deleteComment: 'tmuxAgents.review.deleteComment',
  sendComments: 'tmuxAgents.review.sendComments',
  removeWorkspace: 'tmuxAgents.review.removeWorkspace',
} as const;
export type CommandId = (typeof Commands)[keyof typeof Commands];

export const Views = { container: 'tmuxAgents', agents: 'tmuxAgents.agents' } as const;

export const Walkthrough = 'tmuxAgents.start';

/** Context keys that `when` clauses in package.json read. */
export const ContextKeys = {
  /** All runtimes have answered, and the view has no row: the welcome texts may show. */
  nothingToShow: 'tmuxAgents.nothingToShow',
  /** At least one agent is known. */
  hasAgents: 'tmuxAgents.hasAgents',
  /** At least one agent has ended. */
  hasFinished: 'tmuxAgents.hasFinished',
  /** The Docker engine cannot be reached. */
  dockerUnavailable: 'tmuxAgents.dockerUnavailable',
  /** tmux is not installed here. */
  tmuxMissing: 'tmuxAgents.tmuxMissing',
  /** At least one agent waits for an answer. */
  hasWaiting: 'tmuxAgents.hasWaiting',
  /** The URIs of the editors that hold a prompt being written. */
  promptEditors: 'tmuxAgents.promptEditors',
  /** The changes of an agent were shown in this window. */
  reviewing: 'tmuxAgents.reviewing',
  /** This window is signed in at a hub. */
  atHub: 'tmuxAgents.atHub',
} as const;

/** Where all windows keep the address of the hub that they are connected to. */
export const HUB_MEMORY = 'tmuxAgents.hub.connected';

/** Schemes of the read-only documents that the extension shows. */
export const Schemes = { output: 'tmux-agents-output', report: 'tmux-agents-report', commit: 'tmux-agents-commit' } as const;
