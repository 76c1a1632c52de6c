// Types of ensureDocker.mjs for the tests.
export interface DockerOptions {
  program?: string;
  timeoutMs?: number;
}
export function docker(args: readonly string[], options?: DockerOptions): Promise<{ code: number; stdout: string; stderr: string }>;
export function dockerState(options?: DockerOptions): Promise<{ ok: boolean; sentence: string }>;
