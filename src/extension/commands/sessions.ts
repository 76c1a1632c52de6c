// Show Timeline, Replay Terminal, Best of N: what they do is in a bundle of its own.
import type { CommandHandler } from '../services.ts';

/** Returns the agent's id. */
export const showTimeline: CommandHandler = async ({ sessionViews }, ...args) => (await sessionViews.views()).showTimeline(args);

/** Returns the session's id. */
export const replay: CommandHandler = async ({ sessionViews }, ...args) => (await sessionViews.views()).replay(args);

/** Returns the group's id. */
export const bestOf: CommandHandler = async ({ sessionViews }, argument) => (await sessionViews.views()).bestOf.start(argument);

/** Returns the group's id. */
export const showBestOf: CommandHandler = async ({ sessionViews }, argument) => (await sessionViews.views()).bestOf.show(argument);
