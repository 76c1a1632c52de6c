// Types of calmSettings.mjs for the tests.
export const CALM_SETTINGS: Readonly<Record<string, unknown>>;
export const TEST_SETTINGS: Readonly<Record<string, unknown>>;
