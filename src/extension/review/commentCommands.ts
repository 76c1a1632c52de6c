// Add Comment, Delete Comment, Send Comments to Agent: what a person says of an agent's work, given to it as one prompt.
import { join } from 'node:path';
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { givePrompt } from '../prompts/givePrompt.ts';
import { agentKey } from '../agentKey.ts';
import { oneLine } from '../shownText.ts';
import { commentsPrompt } from './commentsPrompt.ts';
import type { ReviewCommand } from './reviewLate.ts';
import { editorsPath, targetOf } from './reviewTarget.ts';

/** From the field below a line: takes its text. Else opens one at the selection. `{ agentId, path, line, text }` asks nothing. */
export const addComment: ReviewCommand = async (review, ...args) => {
  const [reply] = args;
  if (isReply(reply)) return review.comments.add(reply.thread, reply.text);
  const { agent, reviewed, given } = await targetOf(review, args, 'Comment on the work of which agent?');
  review.shown.add(agentKey(agent));
  if (given.path !== undefined && given.line !== undefined && given.text !== undefined) {
    return review.comments.start(agent, vscode.Uri.file(join(reviewed.folder, given.path)), new vscode.Range(given.line - 1, 0, given.line - 1, 0), given.text);
  }
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.document.uri.scheme !== 'file' || editorsPath(reviewed, editor.document.uri) === undefined) {
    throw new AgentsError('bad-input', 'There is no editor with a file of this agent.', { hint: 'Open one of its changes, put the cursor into a line, and try again.' });
  }
  review.comments.start(agent, editor.document.uri, new vscode.Range(editor.selection.start.line, 0, editor.selection.end.line, 0), undefined);
};

export const deleteComment: ReviewCommand = (review, thread) => {
  if (isThread(thread)) review.comments.remove(thread);
};

/** Returns the prompt. The comments go away once the agent has it, or it stands in the agent's queue. */
export const sendComments: ReviewCommand = async (review, ...args) => {
  const { agent, reviewed } = await targetOf(review, args.map((argument) => (isThread(argument) ? undefined : argument)), 'Send the comments to which agent?');
  const threads = review.comments.of(agent);
  if (threads.length === 0) throw new AgentsError('bad-input', `There are no comments for ${oneLine(agent.name, 60)}.`, { hint: 'Open its changes, and press + beside a line.' });
  const prompt = commentsPrompt(await review.comments.read(reviewed.folder, threads));
  await givePrompt(review.services, agent, prompt);
  for (const thread of threads) review.comments.remove(thread);
  return prompt;
};

function isReply(argument: unknown): argument is vscode.CommentReply {
  return typeof argument === 'object' && argument !== null && 'thread' in argument && 'text' in argument && typeof argument.text === 'string' && isThread(argument.thread);
}

function isThread(argument: unknown): argument is vscode.CommentThread {
  return typeof argument === 'object' && argument !== null && 'uri' in argument && 'comments' in argument && 'dispose' in argument;
}
