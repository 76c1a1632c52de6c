// Types of ensureImage.mjs for the tests.
export const IMAGE: string;
export function imageState(options?: { tag?: string }): Promise<{ state: 'no-docker' | 'missing' | 'outdated' | 'current'; ok: boolean; sentence: string }>;
export function buildImage(options?: { tag?: string; args?: readonly string[] }): Promise<number>;
