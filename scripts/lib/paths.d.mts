// Types of paths.mjs for the tests.
export const root: string;
export const dist: string;
export const cache: string;
export const testOutput: string;
export const bin: string;
export function pinnedNode(): string;
export function toolEnvironment(extra?: Readonly<Record<string, string>>): NodeJS.ProcessEnv;
export function personEnvironment(extra?: Readonly<Record<string, string>>): NodeJS.ProcessEnv;
export function npm(...args: readonly string[]): string[];
