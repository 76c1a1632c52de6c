// What every page shares: VS Code's door, elements made without markup, and times in words.

interface VSCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VSCodeApi;

const api = acquireVsCodeApi();

/** Tells the extension. */
export function say<T extends { readonly type: string }>(message: T): void {
  api.postMessage(message);
}

/** Hears the extension; it alone posts messages into this page, and has checked them. */
export function hear<T extends { readonly type: string }>(listener: (message: T) => void): void {
  window.addEventListener('message', (event: MessageEvent<T>) => listener(event.data));
}

/** Kept over a reload of the window: what the page is about. The page's body says it. */
export function keepState(): void {
  api.setState(JSON.parse(document.body.dataset['state'] ?? '{}'));
}

/** The page's element of this id and kind; the page's own HTML has it. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

/** An element with attributes, and texts or elements in it. Texts are never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Readonly<Record<string, string>> = {}, ...children: readonly (string | Node)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** `0:07`, `12:34`, `1:02:03`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `1 minute 5 seconds`, for a screen reader. */
export function spokenTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const part = (count: number, word: string): string => (count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`);
  return [part(Math.floor(whole / 3600), 'hour'), part(Math.floor(whole / 60) % 60, 'minute'), part(whole % 60, 'second')].filter((text) => text !== '').join(' ') || '0 seconds';
}
