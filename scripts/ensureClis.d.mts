// Types of ensureClis.mjs for the tests.
export const cliNames: readonly string[];
export function clisFolder(env?: NodeJS.ProcessEnv): string;
export function clisState(env?: NodeJS.ProcessEnv): { ok: boolean; folder: string; sentence: string };
export function ensureClis(env?: NodeJS.ProcessEnv): Promise<string>;
