// Comments that people make on the files of agents, collected for each agent until they are sent, and kept over a reload.
import { sep } from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { agentKey, type AgentKey } from '../agentKey.ts';
import type { Comment } from './commentsPrompt.ts';
import type { Review } from './reviewLate.ts';
import { agentOfFile } from './reviewTarget.ts';

const CONTROLLER = 'tmux-agents-review';
const MEMORY_KEY = 'tmuxAgents.reviewComments';

const Kept = z.array(z.object({ agent: z.string(), uri: z.string(), first: z.int(), last: z.int(), texts: z.array(z.string()) }));

/** Only made with comments of their own: a thread without any is one that somebody is about to write. */
interface Noted {
  readonly thread: vscode.CommentThread;
  readonly agent: AgentKey;
}

export class ReviewComments implements Disposable {
  readonly #review: Review;
  readonly #memory: vscode.Memento;
  readonly #owned = new DisposableStore();
  readonly #noted = new Set<Noted>();
  #controller: vscode.CommentController | undefined;

  constructor(review: Review, memory: vscode.Memento) {
    this.#review = review;
    this.#memory = memory;
    this.#restore();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** From now on the editors of agents whose changes were shown take comments. */
  begin(): vscode.CommentController {
    if (this.#controller !== undefined) return this.#controller;
    const controller = this.#owned.add(vscode.comments.createCommentController(CONTROLLER, 'Comments to agents'));
    controller.options = { prompt: 'Comment for the agent', placeHolder: 'What should be otherwise? It is sent with the command "Send Comments to Agent".' };
    controller.commentingRangeProvider = { provideCommentingRanges: (document) => (this.#takesComments(document) ? [new vscode.Range(0, 0, Math.max(0, document.lineCount - 1), 0)] : []) };
    this.#controller = controller;
    return controller;
  }

  /** An empty thread at these lines (from 0), open for writing; or one with this text. */
  start(agent: AgentInfo, uri: vscode.Uri, range: vscode.Range, text: string | undefined): void {
    const thread = this.begin().createCommentThread(uri, range, []);
    thread.label = `To ${agent.name}`;
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    if (text !== undefined) this.add(thread, text, agent);
  }

  /** Puts a text into a thread. */
  add(thread: vscode.CommentThread, text: string, agent = agentOfFile(this.#review.services, thread.uri)): void {
    if (agent === undefined || text.trim() === '') return;
    thread.comments = [...thread.comments, { body: text, mode: vscode.CommentMode.Preview, author: { name: 'You' }, label: 'not sent yet' }];
    thread.label = `To ${agent.name}`;
    if (![...this.#noted].some((noted) => noted.thread === thread)) this.#noted.add({ thread, agent: agentKey(agent) });
    this.#remember();
  }

  remove(thread: vscode.CommentThread): void {
    for (const noted of this.#noted) if (noted.thread === thread) this.#noted.delete(noted);
    thread.dispose();
    this.#remember();
  }

  /** The threads for an agent: those made on its files. */
  of(agent: AgentInfo): readonly vscode.CommentThread[] {
    return [...this.#noted].filter((noted) => noted.agent === agentKey(agent)).map(({ thread }) => thread);
  }

  /** What stands in the commented lines now, and what is said of them. */
  async read(folder: string, threads: readonly vscode.CommentThread[]): Promise<Comment[]> {
    return Promise.all(
      threads.map(async ({ uri, range, comments }): Promise<Comment> => {
        const path = uri.fsPath.startsWith(`${folder}${sep}`) ? uri.fsPath.slice(folder.length + 1).split(sep).join('/') : uri.fsPath;
        const text = comments.map(({ body }) => (typeof body === 'string' ? body : body.value)).join('\n\n');
        const document = await Promise.resolve(vscode.workspace.openTextDocument(uri)).catch(() => undefined);
        if (document === undefined || range === undefined) return { path, lines: undefined, language: '', code: '', text };
        const last = Math.min(range.end.line, document.lineCount - 1);
        const first = Math.min(range.start.line, last);
        return { path, lines: [first + 1, last + 1], language: document.languageId, code: document.getText(new vscode.Range(first, 0, last, document.lineAt(last).text.length)), text };
      }),
    );
  }

  #takesComments(document: vscode.TextDocument): boolean {
    if (document.uri.scheme !== 'file') return false;
    const agent = agentOfFile(this.#review.services, document.uri);
    return agent !== undefined && this.#review.shown.has(agentKey(agent));
  }

  #remember(): void {
    const kept = [...this.#noted].map(({ agent, thread }) => ({ agent, uri: thread.uri.toString(), first: thread.range?.start.line ?? 0, last: thread.range?.end.line ?? 0, texts: thread.comments.map(({ body }) => (typeof body === 'string' ? body : body.value)) }));
    void this.#memory.update(MEMORY_KEY, kept.length === 0 ? undefined : kept);
  }

  /** Those of before a reload. */
  #restore(): void {
    const kept = Kept.safeParse(this.#memory.get(MEMORY_KEY) ?? []);
    for (const { agent, uri, first, last, texts } of kept.success ? kept.data : []) {
      const thread = this.begin().createCommentThread(vscode.Uri.parse(uri), new vscode.Range(first, 0, last, 0), texts.map((body) => ({ body, mode: vscode.CommentMode.Preview, author: { name: 'You' }, label: 'not sent yet' })));
      thread.label = 'To the agent';
      this.#noted.add({ thread, agent });
      this.#review.shown.add(agent);
    }
  }
}
