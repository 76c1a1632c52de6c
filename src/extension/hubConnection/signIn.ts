// Asks a person where their hub is and who they are there. Given by a caller, nobody is asked.
import * as vscode from 'vscode';
import * as z from 'zod';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { Account } from './hubAccount.ts';
import { HubRest } from './hubRest.ts';

/** What `executeCommand` may be given. */
const Given = z.object({ url: z.string(), token: z.string() }).or(z.object({ url: z.string(), name: z.string(), password: z.string() }));

/** Undefined when the person gives up. Throws what the hub says of it. */
export async function signIn(given: unknown, knownUrl: string): Promise<(Account & { readonly name: string }) | undefined> {
  const parsed = Given.safeParse(given);
  if (parsed.success) return entered(parsed.data);
  const url = await vscode.window.showInputBox({ title: 'Connect to Hub', prompt: 'The address of the hub', placeHolder: 'https://hub.example.com', value: knownUrl, ignoreFocusOut: true, validateInput: addressFault });
  if (url === undefined) return undefined;
  const way = await vscode.window.showQuickPick(
    [
      { label: '$(person) Name and Password', isToken: false },
      { label: '$(key) Token', detail: 'One that the hub has made for you: "New token" on its page', isToken: true },
    ],
    { title: `Sign in at ${url}`, ignoreFocusOut: true },
  );
  if (way === undefined) return undefined;
  if (way.isToken) {
    const token = await vscode.window.showInputBox({ title: `Sign in at ${url}`, prompt: 'The token', password: true, ignoreFocusOut: true });
    return token === undefined || token.trim() === '' ? undefined : entered({ url, token: token.trim() });
  }
  const name = await vscode.window.showInputBox({ title: `Sign in at ${url}`, prompt: 'Your name there', ignoreFocusOut: true });
  if (name === undefined || name === '') return undefined;
  const password = await vscode.window.showInputBox({ title: `Sign in at ${url}`, prompt: `The password of ${name}`, password: true, ignoreFocusOut: true });
  return password === undefined || password === '' ? undefined : entered({ url, name, password });
}

async function entered(given: z.infer<typeof Given>): Promise<Account & { readonly name: string }> {
  const { address } = new HubRest(given.url);
  const token = 'token' in given ? given.token : await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `Signing in at ${address}` }, () => new HubRest(address).signIn(given.name, given.password));
  const me = await new HubRest(address, token).me();
  return { url: address, token, name: me.name };
}

function addressFault(url: string): string | undefined {
  try {
    new HubRest(url);
    return undefined;
  } catch (error) {
    return error instanceof AgentsError && error.hint !== undefined ? error.hint : messageOf(error);
  }
}
