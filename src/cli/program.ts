// The command line: its commands, options and help. What each command does is in commands/.
import { Command as Program, Option } from 'commander';
import { AgentsError } from '../base/errors.ts';
import { NetworkMode } from '../protocol/network.ts';
import { answer, approve, deny } from './commands/answer.ts';
import { approvals } from './commands/approvals.ts';
import { bestOf, type BestOfCommandOptions } from './commands/bestOf.ts';
import { replay, type ReplayCommandOptions } from './commands/replay.ts';
import { timeline, type TimelineCommandOptions } from './commands/timeline.ts';
import { attach } from './commands/attach.ts';
import { doctor } from './commands/doctor.ts';
import { hub, type HubCommandOptions } from './commands/hub.ts';
import { explain, type ExplainCommandOptions } from './commands/explain.ts';
import { kill } from './commands/kill.ts';
import { list } from './commands/list.ts';
import { network, type NetworkOptions } from './commands/network.ts';
import { output } from './commands/output.ts';
import { record } from './commands/record.ts';
import { resume } from './commands/resume.ts';
import { policy, type PolicyOptions } from './commands/policy.ts';
import { queue } from './commands/queue.ts';
import { send } from './commands/send.ts';
import { spawn, type SpawnCommandOptions } from './commands/spawn.ts';
import { workspaces, type WorkspacesOptions } from './commands/workspaces.ts';
import { exitCodeHelp } from './exitCodes.ts';
import { openFace, type Command, type CommonOptions, type Surroundings } from './face.ts';
import { packageVersion } from './packageVersion.ts';
import { addRunnerCommands } from './runnerProgram.ts';

export interface Parsed {
  readonly program: Program;
  /** The exit code, once the chosen command has run. */
  readonly exitCode: () => number;
  /** Whether JSON was asked for; undefined as long as no command line was understood. */
  readonly json: () => boolean | undefined;
}

/** `args` are what will be parsed: whether they hold a `--` is not told by commander. */
export function createProgram(around: Surroundings, args: readonly string[]): Parsed {
  let exitCode = 0;
  let json: boolean | undefined;
  const program = new Program('tmux-agents')
    .description('Runs AI agents in tmux sessions, on this machine and in Docker containers.')
    .version(packageVersion())
    .exitOverride()
    // Or `spawn --task --version` would be a question for our own version.
    .enablePositionalOptions()
    .configureOutput({ writeOut: (text) => void around.stdout.write(text), writeErr: () => undefined })
    .showHelpAfterError(false)
    .addHelpText('after', exitCodeHelp);

  const add = <Options extends CommonOptions>(signature: string, description: string, run: Command<Options>): Program => {
    const command = program.command(signature).description(description);
    command
      .option('--json', 'print one JSON value instead of text')
      .option('--config <file>', 'settings file (default: $XDG_CONFIG_HOME/tmux-agents/config.json)')
      .action(async () => {
        const options = command.opts<Options>();
        json = options.json === true;
        exitCode = await run(await openFace(around, options), options, command.args);
      });
    return command;
  };
  const runtimeOption = ['--runtime <id>', 'only look in this runtime'] as const;

  add('doctor', 'check what this machine has of what agents need', doctor);

  // commander gives words before and after "--" alike; only the latter are a program.
  const spawnSeparated: Command<SpawnCommandOptions> = (face, options, words) => {
    if (words[0] === undefined || args.includes('--')) return spawn(face, options, words);
    throw new AgentsError('bad-input', `"${words[0]}" is not expected here.`, { hint: 'A task goes with --task "...", a program of your own after "--".' });
  };
  add('spawn [argv...]', 'start an agent; what follows "--" is a program of your own', spawnSeparated)
    .usage('[options] [-- PROGRAM ARG...]')
    .option('--runtime <id>', 'where it runs: local, docker, or an id from the settings')
    .option('--provider <id>', 'which CLI: claude, codex, gemini, opencode, copilot, qwen, cursor-agent, amp, aider, goose, pi, demo, custom, or an id from the settings')
    .option('--task <text>', 'what it is asked to do')
    .option('--cwd <dir>', 'the folder it works in (default: the current one)')
    .option('--name <name>', 'the name people see')
    .option('--model <model>', 'the model, in the words of the CLI')
    .option('--autopilot', 'let it act without asking')
    .option('--no-autopilot', 'make it ask, whatever its own settings say')
    .option('--permission-mode <mode>', 'what it may do unasked, in the words of the CLI')
    .option('--mcp-config <file>', 'JSON file with MCP servers for it: {"mcpServers": {...}}')
    .option('--arg <word>', 'one more argument for the CLI; may be given several times', collected)
    .option('--allow <categories>', 'what it may do without asking a person: read, edit, test, build, run, network, with commas between', collected)
    .option('--policy <file>', 'JSON file with the rules that it is under: shellAllowlist, shellDenylist, requiresApprovalFor, networkMode')
    .option('--memory <size>', 'memory limit of its container, such as 4g')
    .option('--cpus <number>', 'CPU limit of its container, such as 2 or 0.5')
    .addOption(new Option('--network <mode>', 'what its container may reach: "restricted" is allowed hosts only').choices(NetworkMode.options))
    .option('--allow-host <host>', 'a host that it may reach when restricted, such as "*.npmjs.org" or "10.0.0.5:5432"; may be given several times', collected)
    .option('--env-file <file>', 'KEY=VALUE lines for its environment')
    .option('--workspace <kind>', 'where it works: folder (as it is), worktree (one of its own, on a branch of its own), copy (default: folder)')
    .option('--base <ref>', 'what its worktree begins from: a branch, tag or commit (default: the current commit)')
    .option('--with-changes', 'uncommitted changes come along into its worktree')
    .option('--setup', "run the project's own setup script (.tmux-agents.json) in its workspace: only for projects that you trust");
  add<WorkspacesOptions>('workspaces [action] [words...]', 'list the workspaces of agents, remove or run some, find those that nobody owns, and work that was saved', workspaces)
    .usage('[options] [list | remove ID|PATH... | orphans | adopt PATH | run ID | rescued | restore REF]')
    .option('--force', 'remove: also a locked one')
    .option('--branch <name>', 'restore: the branch to make (default: tmux-agents/rescued/...)')
    .option('--repository <dir>', 'rescued, restore: the repository that the work was saved in (default: the one of the current folder)')
    .addHelpText('after', workspacesHelp);
  add('list', 'show all agents', list).alias('ls').option(...runtimeOption);
  add('attach <agent>', 'show an agent in this terminal', attach).option(...runtimeOption);
  add('send [agent] [text]', 'give an agent a prompt, once it takes one; "-" or nothing reads standard input', send)
    .usage('[options] AGENT [TEXT]')
    .option(...runtimeOption)
    .option('--to <agent>', 'one of several agents; only the text follows then', (name: string, names: readonly string[] = []) => [...names, name])
    .option('--all', 'all agents that you spawned and that run')
    .option('--no-wait', 'leave it in the queue when the agent is busy')
    .option('--now', 'give it even while the agent works')
    .option('--command', "a command of the CLI's own, such as /compact, instead of text for the model");
  add('queue <agent> [position]', 'show the prompts that wait for an agent', queue)
    .usage('[options] AGENT')
    .option(...runtimeOption)
    .option('--remove <id>', 'take one out')
    .option('--move <id>', 'give it another place: --move ID POSITION')
    .option('--now <id>', 'give it now, even while the agent works; a failed one is tried again')
    .option('--deliver', 'stay until all are given');
  add('output <agent>', "print the last lines of an agent's screen", output)
    .option(...runtimeOption)
    .option('--lines <number>', 'how many, or "all"', '100');
  add<NetworkOptions>('network <agent>', 'show what an agent of a restricted network tried to reach', network)
    .option(...runtimeOption)
    .option('--follow', 'stay, and show each attempt once it is over')
    .option('--denied', 'only what was denied');
  add('resume [agent]', 'continue the conversation of an agent that has ended', resume)
    .option(...runtimeOption)
    .option('--list', 'show what could be resumed')
    .option('--env-file <file>', 'KEY=VALUE lines for its environment, as when it was spawned: they are not written down');
  add('kill [agents...]', 'end agents', kill)
    .option(...runtimeOption)
    .option('--forget', 'also remove what resuming would need')
    .option('--all', 'end all agents that you spawned')
    .option('--grace <seconds>', 'how long they may take to end by themselves', '5');

  add<ExplainCommandOptions>('explain [agent]', 'say why an agent counts as working, waiting or idle; or what a recording shows', explain)
    .usage('[options] AGENT | --provider ID --screen FILE | --provider ID --raw FILE')
    .option(...runtimeOption)
    .option('--provider <id>', 'which CLI a recording is of')
    .option('--screen <file>', 'a recorded screen: text, as "tmux capture-pane -p" prints it')
    .option('--title <text>', "the terminal's title at that time")
    .option('--raw <file>', 'what a CLI wrote to its terminal: one line for each change of its state')
    .option('--size <size>', 'the size of that terminal, such as 120x34 (default: guessed from what was drawn)')
    .option('--cli-version <version>', "the CLI's version, for rules that know one");
  add('record <agent>', 'record what an agent shows, for a bug report or the tests', record)
    .option(...runtimeOption)
    .option('--out <dir>', 'the folder to make (default: recording-PROVIDER-TIME)')
    .option('--state <state>', 'the state it is in: working, waiting, idle, error')
    .option('--kind <kind>', 'what it waits for: permission, question, trust, login, other')
    .option('--seconds <number>', 'how long (default: until Ctrl-C)');
  add('approvals', 'show what waits for a person, on which agent, and how risky it is', approvals).option(...runtimeOption);
  add('approve <request>', 'allow what an agent asks; names the agent, or the request by its id', approve)
    .option(...runtimeOption)
    .option('--always', 'also the next ones like it, of this agent');
  add('deny <request>', 'refuse what an agent asks', deny)
    .option(...runtimeOption)
    .option('--note <text>', 'what it should do instead');
  add('answer <request> <words...>', "answer an agent's question: an option's number or label, or a text", answer).option(...runtimeOption);
  add<PolicyOptions>('policy <agent>', 'show or choose what an agent is allowed without asking a person', policy)
    .option(...runtimeOption)
    .option('--allow <categories>', 'read, edit, test, build, run, network, with commas between: in the workspace, and nothing dangerous', collected)
    .option('--command <pattern>', 'a command by its words; "*" as the last word stands for any further ones; may be given several times', collected)
    .option('--path <folder>', 'a further folder that counts as the workspace; may be given several times', collected)
    .option('--off', 'ask a person for everything')
    .option('--reset', 'as the settings say');

  add<TimelineCommandOptions>('timeline <agent>', 'show what happened to an agent: prompts, approvals, commits', timeline)
    .option(...runtimeOption)
    .option('--follow', 'stay and show what happens next');
  add<ReplayCommandOptions>('replay <agent>', "play an agent's recorded terminal", replay)
    .option(...runtimeOption)
    .option('--speed <number>', 'how many times as fast', '1')
    .option('--idle-limit <seconds>', 'the longest silence that is kept', '1');
  add<BestOfCommandOptions>('best-of', 'give one task to several agents, each in a worktree of its own, and compare them', bestOf)
    .option('--task <text>', 'begin: what they are asked to do')
    .option('--provider <id>', 'which CLI; once for each', collected)
    .option('--times <number>', 'how often each tries (default: 2 for a single one, else 1)')
    .option('--runtime <id>', 'where they run')
    .option('--cwd <dir>', 'the folder that they begin from (default: the current one)')
    .option('--autopilot', 'let them act without asking')
    .option('--show <group>', 'the group that is meant (default: the latest)')
    .option('--test <agent>', "run the project's tests in one attempt")
    .option('--pick <agent>', 'keep this one and archive the others');
  add<HubCommandOptions>('hub', 'run a hub: runners and agents of many machines, for several people, in a browser', hub)
    .option('--host <address>', 'where it listens; 0.0.0.0 is everywhere', '127.0.0.1')
    .option('--port <number>', 'its port; 0 is any that is free', '3334')
    .option('--data <dir>', 'its data (default: $XDG_STATE_HOME/tmux-agents/hub)')
    .option('--database-url <url>', 'PostgreSQL instead of a file of its own; better given as DATABASE_URL, where no process list shows its password')
    .option('--tls-cert <file>', 'its certificate, PEM')
    .option('--tls-key <file>', "the certificate's key, PEM")
    .option('--trust-proxy [network]', 'it is behind a proxy, of that address or network, whose X-Forwarded headers are true')
    .option('--no-runner', 'without a runner of its own: sessions run on runners that connect')
    .option('--local-root <dir>', 'a folder of this machine below which sessions of its own runner may name repositories; may be given several times', collected);

  addRunnerCommands(program.command('runner').description("make this machine a hub's runner: it executes tasks that a hub hands out"), around, {
    asked: (wished) => (json = wished),
    ended: (code) => (exitCode = code),
  });

  return { program, exitCode: () => exitCode, json: () => json };
}

const workspacesHelp = `
Actions:
  list           those that were made for agents
  remove         end some; work that is not merged stays in its repository. PATH: also one that nobody knows
  orphans        those whose agent, folder or record is gone
  adopt PATH     make a working tree a workspace that has no record
  run ID         the project's own "run" script (.tmux-agents.json), until Ctrl-C: only for projects that you trust
  rescued        work that removals have saved
  restore REF    a branch of it`;

/** For options that may be given several times. */
function collected(word: string, words: readonly string[] = []): readonly string[] {
  return [...words, word];
}
