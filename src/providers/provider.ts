// What a provider is: a data record that says how one CLI is found, started and resumed.

import type { AgentFile } from '../runtimes/types.ts';
import type { KeptHome } from '../runtimes/keptHome.ts';
import type { PolicySpec } from '../protocol/sessionConfig.ts';
import type { GateDialect } from './hooks/gate.ts';
import type { McpServer } from './mcpServers.ts';
import type { ProviderSignals } from './status/observation.ts';

/**
 * Words of a command line. In every group but `argv`, `{task}`, `{model}`, `{mode}` and `{session}` are replaced by the text they name,
 * whole and as it is: words are never split, joined or read by a shell.
 */
export type Words = readonly string[];

export interface Provider {
  readonly id: string;
  /** The name people see. */
  readonly label: string;
  /** One line for pickers. */
  readonly description: string;
  /** A VS Code codicon's name. */
  readonly icon: string;
  /** Programs it needs on the PATH of the place it runs in; empty where a POSIX shell is enough. */
  readonly executables: readonly string[];
  /** How to get it: a full sentence. */
  readonly installHint: string;
  /** The npm package that holds the CLI, where there is one. */
  readonly npmPackage?: string;

  /** The program and the arguments it always gets. Empty: the person must name a program. */
  readonly argv: Words;
  /** Gives it its first prompt; left out when there is no task. */
  readonly task?: Words;
  /** True where it takes no first prompt as an argument, but is a program that takes prompts: then the task waits in its queue. */
  readonly queuesTask?: true;
  /** Tasks that its parser would misread; a space put before them makes them plain text. */
  readonly misreads?: RegExp;
  readonly model?: Words;
  /** Sets what it may do unasked to `{mode}`, a word of its own. */
  readonly permission?: Words;
  /** True where `prepare` hands on MCP servers. */
  readonly mcp?: true;
  /** True where `prepare` wants a port for the CLI to listen on. */
  readonly port?: true;
  /** Arguments that the person always adds. */
  readonly args?: Words;
  /** Lets it act without asking. */
  readonly autopilot?: Words;
  /** Makes it ask before it acts. With neither wish the CLI's own settings decide. */
  readonly ask?: Words;
  /** Added where the place itself isolates (a container) and autopilot is off. */
  readonly isolated?: Words;
  /** tmux names of the keys that interrupt its current turn, pressed in order; `C-c` when absent. */
  readonly interruptKeys?: Words;
  /** Continues the conversation `{session}`. */
  readonly resume?: Words;
  /** Gives the conversation that it starts the id `{session}`, a UUID of our choice. */
  readonly conversation?: Words;
  /** What of its home it must be able to write to, and how it is told another place for it. */
  readonly home?: KeptHome;
  /** The line, trimmed, with which it names its conversation when it ends by itself; the id is group 1. */
  readonly farewell?: RegExp;
  /** Where it keeps its conversations, one file or folder each; absent where that is a database. */
  readonly conversationPlace?: ConversationPlace;
  /** Arguments that make it print its version and end. */
  readonly version?: Words;
  /** How it is asked to end by itself: a prompt to submit, or keys by tmux's names. */
  readonly exit?: { readonly prompt: string } | { readonly keys: Words };
  /** Which sources of its status it has, and what they are worth. */
  readonly signals?: ProviderSignals;
  /** What makes it start without a dialog and report through its hooks, without a change to the user's own files. A pure function. */
  readonly prepare?: (place: PreparePlace) => Preparation;
  /** The hosts that its API and its sign-in need, as an allowlist has them: what an agent of a restricted network may reach in any case. */
  readonly hosts?: readonly string[];
  /** Variables that it documents: it gets them of the place's environment where that is an allowlist. `*` as the last letter stands for any others. */
  readonly variables?: Words;
  /** How a session's rules stop a tool before it is used; absent where it has no such means. */
  readonly gate?: GateDialect;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Added to its environment with autopilot in a place that isolates. */
  readonly isolatedAutopilotEnv?: Readonly<Record<string, string>>;
}

/** Where a CLI keeps its conversations; the name of each holds its id. */
export interface ConversationPlace {
  /** The folder under the home: `.claude/projects`. */
  readonly home: string;
  /** The variable that moves it, and the folder under that. */
  readonly variable: { readonly name: string; readonly folder: string };
  /** The folder under what an agent keeps of its home. */
  readonly kept: string;
  /** How many characters of the id a name holds; all of them when absent. */
  readonly idLength?: number;
}

/** Where an agent is about to start, as far as its preparation depends on it. */
export interface PreparePlace {
  /** The folder that holds the prepared files: an absolute path in the place. */
  readonly agentFolder: string;
  /** The folder it works in: an absolute path in the place. */
  readonly workspace: string;
  /** True where the place itself isolates the agent: a container, a pod. */
  readonly isolated: boolean;
  readonly autoPilot: boolean | undefined;
  /** The command, as words, that a hook runs to report an event: add the event's name. */
  readonly report: Words;
  /** The rules that the agent is under, and the command, as words, that its hooks run before each use of a tool; absent where there are none. */
  readonly gate?: PreparedGate | undefined;
  /** The person's consent that the CLI may treat the folder as trusted, as if its own question had been answered so. */
  readonly trusted: boolean;
  /** The workspace under all the names that trust may go by: as given, without links, the root of its repository. */
  readonly trustedFolders: readonly string[];
  /** By name; empty where none were asked for. */
  readonly mcpServers: Readonly<Record<string, McpServer>>;
  /** What is known to be added to its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** A port of the place that nobody listens on, and a password of 128 bits; for providers that want a `port`. */
  readonly listen?: { readonly port: number; readonly password: string };
}

export interface PreparedGate {
  readonly command: Words;
  readonly policy: PolicySpec;
}

/** Added to what the provider would be launched with anyway. */
export interface Preparation {
  /** Put behind the provider's own `argv`, before the task. */
  readonly argv?: Words;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: readonly AgentFile[];
  /** Put in a home of the agent's own, where there is one that has no such file yet: what a person would have answered at the first start. */
  readonly homeFiles?: readonly AgentFile[];
}
