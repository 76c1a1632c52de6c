// Types of hubPage.mjs for the tests.
export const hubPageFolder: string;
export function buildHubPage(options?: { readonly watch?: boolean; readonly log?: (line: string) => void }): Promise<void>;
