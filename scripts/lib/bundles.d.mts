// Types of bundles.mjs for the tests.
export function bundles(): readonly { readonly name: string; readonly options: { readonly outfile?: string } }[];
export function extensionBundles(): string[];
