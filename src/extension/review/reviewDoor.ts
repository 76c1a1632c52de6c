// The way to review, which is a bundle of its own: loaded when somebody first looks at changes, and what the rest may ask before that.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { AgentKey } from '../agentKey.ts';
import type { Services } from '../services.ts';
import type { AgentParts, PartRow } from '../tree/agentParts.ts';
import { REVIEW_SCHEME } from './reviewScheme.ts';
import type { Review } from './reviewLate.ts';

export interface ReviewDoorOptions {
  readonly services: () => Services;
  /** Keeps comments over a reload of the window. */
  readonly memory: vscode.Memento;
}

export class ReviewDoor implements AgentParts, Disposable {
  readonly #options: ReviewDoorOptions;
  readonly #owned = new DisposableStore();
  readonly #changed = new vscode.EventEmitter<AgentKey>();
  readonly #repositories = new Map<string, boolean>();
  #review: Promise<Review> | undefined;

  readonly onDidChangeParts = this.#changed.event;

  constructor(options: ReviewDoorOptions) {
    this.#options = options;
    this.#owned.add(this.#changed);
    this.#owned.add(vscode.workspace.registerFileSystemProvider(REVIEW_SCHEME, new BaseFilesDoor(() => this.open()), { isReadonly: true, isCaseSensitive: true }));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Review itself, loaded once. */
  open(): Promise<Review> {
    this.#review ??= import('./reviewLate.ts').then(({ createReview }) => this.#owned.add(createReview({ services: this.#options.services(), memory: this.#options.memory, onDidChangeRows: (key) => this.#changed.fire(key) })));
    return this.#review;
  }

  /** Whether an agent's folder lies in a git repository of this machine. */
  hasParts({ workingDirectory }: AgentInfo): boolean {
    // Git does what a repository's own settings say: nothing is asked of it in Restricted Mode.
    return vscode.workspace.isTrusted && this.isRepository(workingDirectory);
  }

  isRepository(workingDirectory: string): boolean {
    const known = this.#repositories.get(workingDirectory);
    if (known !== undefined) return known;
    const found = isInRepository(workingDirectory);
    // A folder may become one later; a repository stays one.
    if (found) this.#repositories.set(workingDirectory, found);
    return found;
  }

  async parts(agent: AgentInfo): Promise<readonly PartRow[]> {
    return (await this.open()).rows(agent);
  }

  async closed(key: AgentKey): Promise<void> {
    (await this.#review)?.forget(key);
  }
}

function isInRepository(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (dirname(at) === at) return false;
  }
}

/** Stands for the documents of the base until one is read: editors of before a reload ask for them at once. */
class BaseFilesDoor implements vscode.FileSystemProvider {
  readonly #open: () => Promise<Review>;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  /** What a commit holds does not change. */
  readonly onDidChangeFile = this.#changed.event;

  constructor(open: () => Promise<Review>) {
    this.#open = open;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { byteLength } = await this.readFile(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: byteLength, permissions: vscode.FilePermission.Readonly };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.#open()).baseFiles.read(uri);
  }

  readDirectory(): never {
    throw vscode.FileSystemError.NoPermissions('These are single files.');
  }

  createDirectory = readOnly;
  writeFile = readOnly;
  delete = readOnly;
  rename = readOnly;
}

function readOnly(): never {
  throw vscode.FileSystemError.NoPermissions('What a commit holds cannot be changed.');
}
