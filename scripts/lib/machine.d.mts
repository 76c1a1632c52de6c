// Types of machine.mjs for the tests.
export function checkMachine(): Promise<{ missing: string[]; notes: string[] }>;
