// The hub's commands: what they do is in a bundle of its own.
import type { CommandHandler } from '../services.ts';

/** Given `{url, token}` or `{url, name, password}`, nobody is asked. Returns the address. */
export const connectHub: CommandHandler = async ({ hub }, argument) => (await hub.views()).connect(argument);

export const disconnectHub: CommandHandler = async ({ hub }) => (await hub.views()).disconnect();

export const showHub: CommandHandler = async ({ hub }) => (await hub.views()).menu();

/** Returns the hub's id of the agent. */
export const hubAttach: CommandHandler = async ({ hub }, argument) => (await hub.views()).attach(argument);

export const hubPrompt: CommandHandler = async ({ hub }, argument, text) => (await hub.views()).prompt(argument, text);

export const hubAnswer: CommandHandler = async ({ hub }, argument) => (await hub.views()).answer(argument);

export const hubInterrupt: CommandHandler = async ({ hub }, argument) => (await hub.views()).interrupt(argument);

export const hubKill: CommandHandler = async ({ hub }, argument) => (await hub.views()).kill(argument);

export const hubDiff: CommandHandler = async ({ hub }, argument) => (await hub.views()).showDiff(argument);
