// Types of vscodeServer.mjs for the tests.
import type { ChildProcess } from 'node:child_process';

export const CODE_SERVER: { readonly version: string; readonly vscode: string; readonly integrity: string };
export function serverFolder(): string;
export function ensureVSCodeServer(options?: { log?: (line: string) => void }): Promise<string>;
export function installExtension(options: { server: string; dataDir: string; extensionsDir: string; vsix: string }): Promise<void>;
export interface VSCodeServer {
  readonly child: ChildProcess;
  readonly port: number;
  readonly origin: string;
  readonly token: string;
  readonly url: string;
  readonly ended: Promise<number | null>;
  output(): string;
  stop(): Promise<void>;
}
export function startVSCodeServer(options: {
  server: string;
  dataDir: string;
  extensionsDir: string;
  port?: number;
  folder?: string;
  env?: Readonly<Record<string, string>>;
  settings?: Readonly<Record<string, unknown>>;
  args?: readonly string[];
  timeoutMs?: number;
}): Promise<VSCodeServer>;
