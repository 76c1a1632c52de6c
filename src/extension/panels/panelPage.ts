// The HTML around a page: a strict policy, its script under a nonce, its style sheet, and the state that VS Code keeps over a reload.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

export type PageName = 'timeline' | 'replay' | 'comparison';

export const PanelTypes = { timeline: 'tmuxAgents.timeline', replay: 'tmuxAgents.replay', comparison: 'tmuxAgents.comparison' } as const satisfies Record<PageName, string>;

/** Where the pages' files lie; a webview may read nothing else. */
export function pageFolder(extensionPath: string): vscode.Uri {
  return vscode.Uri.file(`${extensionPath}/dist/webview`);
}

export function panelOptions(extensionPath: string): vscode.WebviewOptions {
  return { enableScripts: true, localResourceRoots: [pageFolder(extensionPath)] };
}

export interface Page {
  readonly name: PageName;
  readonly title: string;
  /** Comes back with the panel after a reload of the window. */
  readonly state: Readonly<Record<string, unknown>>;
  /** Constant markup: whatever comes from agents and people reaches the page as messages. */
  readonly body: string;
}

export function pageHtml(webview: vscode.Webview, extensionPath: string, { name, title, state, body }: Page): string {
  const nonce = randomBytes(18).toString('base64url');
  const at = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(pageFolder(extensionPath), file)).toString();
  // xterm.js makes style elements for its colours and sizes.
  const styles = name === 'replay' ? `${webview.cspSource} 'unsafe-inline'` : webview.cspSource;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${styles}; script-src 'nonce-${nonce}';">
<title>${escaped(title)}</title>
<link rel="stylesheet" href="${escaped(at(`${name}.css`))}">
</head>
<body data-state="${escaped(JSON.stringify(state))}">
${body}
<script nonce="${nonce}" src="${escaped(at(`${name}.js`))}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const pageBodies: Readonly<Record<PageName, string>> = {
  timeline: `<header class="page">
<div class="row"><div class="grow"><h1 id="name"></h1><p id="about" class="quiet"></p></div>
<span id="state" class="badge" role="status" hidden></span>
<button id="attach" type="button" class="secondary" disabled>Attach Terminal</button>
<button id="replay" type="button" class="primary" disabled>Replay Terminal</button></div>
<div id="filters" class="row" role="toolbar" aria-label="Show by kind"></div>
</header>
<main aria-label="What happened, in order">
<p id="empty" class="quiet">Reading…</p>
<ol id="entries"></ol>
</main>
<div id="news" class="unseen" role="log" aria-live="polite"></div>`,
  replay: `<header class="page"><h1 id="name"></h1><p id="cut" class="quiet" hidden>The recording was too long: its beginning is gone.</p></header>
<main aria-label="The recorded terminal"><p id="said" class="quiet" role="status">Reading the recording…</p><div id="stage"></div></main>
<footer aria-label="Playback"><div class="row">
<button id="restart" type="button" class="round" title="From the beginning" aria-label="From the beginning" disabled></button>
<button id="play" type="button" class="round primary" disabled></button>
<div id="track"><div id="marks" role="group" aria-label="What happened"></div><input id="seek" type="range" min="0" max="1" step="0.05" value="0" aria-label="Position" disabled></div>
<span id="time">0:00 / 0:00</span>
<label>Speed <select id="speed" disabled><option value="0.5">0.5×</option><option value="1" selected>1×</option><option value="2">2×</option><option value="4">4×</option><option value="8">8×</option><option value="16">16×</option></select></label>
<label><input id="skip" type="checkbox" checked disabled> Skip idle time</label>
</div></footer>`,
  comparison: `<header class="page"><div class="row"><div class="grow"><h1>Best of N</h1><p id="task" class="quiet"></p></div>
<button id="refresh" type="button" class="secondary">Refresh</button>
<button id="test" type="button" class="secondary" disabled>Run All Tests</button></div>
<p id="said" class="quiet" role="status"></p></header>
<main aria-label="Attempts, side by side"><div id="attempts"></div></main>`,
};
