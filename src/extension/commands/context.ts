// Send Selection, Send File, Send Diagnostics: what the editor shows, given to an agent with a word on what to do with it.
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { oneAgent, type Question } from '../agentArgument.ts';
import { runtimeOf } from '../agentKey.ts';
import { excerpt, mention, pathFor, problemList, withRequest, type Problem } from '../prompts/contextText.ts';
import { givePrompt, givePromptTyped } from '../prompts/givePrompt.ts';
import type { CommandHandler, Services } from '../services.ts';
import { oneLine } from '../shownText.ts';

const running = (agent: AgentInfo): boolean => agent.status === 'running';
/** Characters of one file that are put into a prompt where the agent cannot read it by itself. */
const LONGEST_FILE = 200_000;

/** A caller may give the agent and the request: `{ agent, request }`. */
export const sendSelection: CommandHandler = async (services, ...args) => {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) throw new AgentsError('bad-input', 'There is no editor whose selection could be sent.');
  const { document, selections } = editor;
  // Nothing selected means the line that the cursor is in.
  const ranges = selections.map((selection) => (selection.isEmpty ? document.lineAt(selection.active.line).range : new vscode.Range(selection.start, selection.end)));
  await give(services, args, { placeHolder: 'Send the selection to which agent?', accept: running }, (agent, place) =>
    ranges
      .map((range) => excerpt({ path: place(document.uri) ?? nameOf(document.uri), lines: [range.start.line + 1, lastLine(range)], language: document.languageId, text: document.getText(range) }))
      .join('\n\n'),
  );
};

/** From the explorer (one or several), an editor's tab, or the active editor. */
export const sendFile: CommandHandler = async (services, ...args) => {
  const [clicked, all] = args;
  const given = Array.isArray(all) ? all.filter((one) => one instanceof vscode.Uri) : [];
  const active = vscode.window.activeTextEditor?.document.uri;
  const uris = given.length > 0 ? given : clicked instanceof vscode.Uri ? [clicked] : active === undefined ? [] : [active];
  if (uris.length === 0) throw new AgentsError('bad-input', 'There is no file to send.');
  const rest = clicked instanceof vscode.Uri ? [] : args;
  await give(services, rest, { placeHolder: `Send ${uris.length === 1 ? 'the file' : `${uris.length} files`} to which agent?`, accept: running }, async (agent, place) => {
    const parts = await Promise.all(uris.map(async (uri) => wholeFile(uri, place(uri), agent)));
    return parts.join(parts.some((part) => part.includes('\n')) ? '\n\n' : '\n');
  });
};

/** Those of the selected lines; all of the file when nothing is selected. */
export const sendDiagnostics: CommandHandler = async (services, ...args) => {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) throw new AgentsError('bad-input', 'There is no editor whose problems could be sent.');
  const { document, selection } = editor;
  const all = vscode.languages.getDiagnostics(document.uri).filter(({ range }) => selection.isEmpty || range.intersection(selection) !== undefined);
  if (all.length === 0) throw new AgentsError('bad-input', selection.isEmpty ? 'This file has no problems.' : 'The selected lines have no problems.');
  await give(services, args, { placeHolder: `Send ${all.length === 1 ? 'the problem' : `${all.length} problems`} to which agent?`, accept: running }, (agent, place) => {
    const path = place(document.uri);
    const told = problemList(path ?? nameOf(document.uri), all.map(problemOf));
    return path === undefined ? `${told}\n\n${excerpt({ path: nameOf(document.uri), language: document.languageId, text: document.getText().slice(0, LONGEST_FILE) })}` : told;
  }, 'Fix these problems.');
};

type Place = (uri: vscode.Uri) => string | undefined;

async function give(services: Services, args: readonly unknown[], question: Question, contextFor: (agent: AgentInfo, place: Place) => string | Promise<string>, suggestion = ''): Promise<void> {
  const given = givenBy(args[0]);
  const agent = await oneAgent(services, given === undefined ? [] : [given.agent], question);
  const isolated = await services.fleet.use((manager) => manager.get(runtimeOf(agent))?.isolates === true);
  const place: Place = (uri) => (uri.scheme === 'file' ? pathFor(uri.fsPath, { workingDirectory: agent.workingDirectory, isolated }) : undefined);
  const context = await contextFor(agent, place);
  if (given !== undefined) return void (await givePrompt(services, agent, withRequest(given.request, context)));
  const request = await vscode.window.showInputBox({
    title: `To ${oneLine(agent.name, 60)}`,
    prompt: 'What should it do? What was chosen is added below. Empty sends that alone.',
    value: suggestion,
    ignoreFocusOut: true,
  });
  if (request === undefined) throw cancelled();
  await givePromptTyped(services, agent, withRequest(request, context));
}

function givenBy(argument: unknown): { readonly agent: unknown; readonly request: string } | undefined {
  if (typeof argument !== 'object' || argument === null || !('agent' in argument)) return undefined;
  return { agent: argument.agent, request: 'request' in argument && typeof argument.request === 'string' ? argument.request : '' };
}

/** Its name where the agent can read it, else its text. */
async function wholeFile(uri: vscode.Uri, path: string | undefined, agent: AgentInfo): Promise<string> {
  if (path !== undefined) return mention(path, agent.aiProvider);
  const document = await vscode.workspace.openTextDocument(uri);
  const text = document.getText();
  if (text.length > LONGEST_FILE) throw new AgentsError('bad-input', `${nameOf(uri)} is outside the folder of ${agent.name} and too long to be sent as text.`, { hint: 'Copy it into that folder.' });
  return excerpt({ path: nameOf(uri), language: document.languageId, text });
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.split('/').at(-1) || uri.toString();
}

/** From 1; a selection that ends at the start of a line ends with the line before. */
function lastLine({ start, end }: vscode.Range): number {
  return end.character === 0 && end.line > start.line ? end.line : end.line + 1;
}

const severities = ['error', 'warning', 'information', 'hint'] as const;

function problemOf({ range, severity, message, source, code }: vscode.Diagnostic): Problem {
  const value = typeof code === 'object' ? code.value : code;
  return { line: range.start.line + 1, column: range.start.character + 1, severity: severities[severity] ?? 'information', message, source, code: value === undefined ? undefined : String(value) };
}
