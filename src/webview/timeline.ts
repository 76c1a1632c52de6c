// The page of a session's timeline: entries in order, live, by kind; each leads to what it is about.
import type { FromTimeline, ToTimeline } from '../protocol/panelMessages.ts';
import type { TimelineEntry, TimelineKind } from '../protocol/timelineEntry.ts';
import { byId, element, hear, keepState, say } from './page.ts';
import { kindIcon } from './icons.ts';

const kindWords: Readonly<Record<TimelineKind, string>> = { prompt: 'Prompts', approval: 'Approvals', command: 'Commands', commit: 'Commits', status: 'Status', file: 'Files', other: 'Session' };

const list = byId('entries', HTMLOListElement);
const filters = byId('filters', HTMLDivElement);
const empty = byId('empty', HTMLParagraphElement);
const news = byId('news', HTMLDivElement);
const shown = new Map<string, HTMLLIElement>();
const hidden = new Set<TimelineKind>();
let told = false;

const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const send = (message: FromTimeline): void => say(message);

/** What a press on the entry does, for those who cannot see its arrow. */
function leadsTo({ target }: TimelineEntry): string {
  switch (target?.type) {
    case 'waiting':
      return 'Answer it';
    case 'moment':
      return 'Replay the terminal from here';
    case 'commit':
      return 'Show the commit';
    case 'file':
      return 'Open the file';
    case 'changes':
      return 'Show the changes';
    case undefined:
      return '';
  }
}

function draw(entry: TimelineEntry): HTMLLIElement {
  const when = new Date(entry.ts);
  const time = element('time', { datetime: when.toISOString(), title: when.toLocaleString() }, clock.format(when));
  const leads = leadsTo(entry);
  const title = leads === '' ? element('span', { class: 'title' }, entry.title) : element('button', { class: 'title', type: 'button', title: leads }, entry.title);
  title.addEventListener('click', () => leads !== '' && send({ type: 'open', id: entry.id }));
  const body = element('div', { class: 'body' }, title);
  if (entry.detail !== undefined) body.append(element('pre', { class: 'detail' }, entry.detail));
  const item = element('li', { class: `entry ${entry.kind}`, 'data-kind': entry.kind, 'data-id': entry.id, ...(entry.tone === undefined ? {} : { 'data-tone': entry.tone }) }, time, element('span', { class: 'mark', 'aria-hidden': 'true' }, kindIcon(entry.kind)), body);
  item.hidden = hidden.has(entry.kind);
  return item;
}

/** Above the first entry of each day. */
function separator(ts: number): HTMLLIElement {
  return element('li', { class: 'day', role: 'presentation' }, day.format(ts));
}

function take(entries: readonly TimelineEntry[]): void {
  const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 40;
  for (const entry of entries) {
    const item = draw(entry);
    const before = shown.get(entry.id);
    if (before === undefined) {
      const last = list.querySelector<HTMLElement>('li.entry:last-of-type time')?.getAttribute('datetime');
      if (last === null || last === undefined || day.format(new Date(last)) !== day.format(entry.ts)) list.append(separator(entry.ts));
      list.append(item);
    } else {
      const focused = before.contains(document.activeElement);
      before.replaceWith(item);
      if (focused) item.querySelector<HTMLElement>('.title')?.focus();
    }
    shown.set(entry.id, item);
  }
  drawFilters();
  if (atEnd && told) window.scrollTo({ top: document.body.scrollHeight });
}

function drawFilters(): void {
  for (const [kind, word] of Object.entries(kindWords) as [TimelineKind, string][]) {
    const count = [...shown.values()].filter((item) => item.dataset['kind'] === kind).length;
    let button = filters.querySelector<HTMLButtonElement>(`[data-kind="${kind}"]`);
    if (button === null) {
      button = element('button', { type: 'button', class: 'filter', 'data-kind': kind, 'aria-pressed': 'true' });
      button.addEventListener('click', () => toggle(kind));
      filters.append(button);
    }
    button.replaceChildren(kindIcon(kind), word, element('span', { class: 'count' }, String(count)));
    button.disabled = count === 0;
  }
  empty.hidden = [...shown.values()].some((item) => !item.hidden);
  empty.textContent = shown.size === 0 ? 'Nothing was recorded of this agent yet.' : 'Everything is filtered out.';
}

function toggle(kind: TimelineKind): void {
  if (!hidden.delete(kind)) hidden.add(kind);
  filters.querySelector(`[data-kind="${kind}"]`)?.setAttribute('aria-pressed', String(!hidden.has(kind)));
  for (const item of shown.values()) item.hidden = hidden.has(item.dataset['kind'] as TimelineKind);
  drawFilters();
}

/** Up and down go from entry to entry, Home and End to the first and last. */
function onKey(event: KeyboardEvent): void {
  const steps: Readonly<Record<string, (at: number, count: number) => number>> = { ArrowDown: (at, count) => Math.min(at + 1, count - 1), ArrowUp: (at) => Math.max(at - 1, 0), Home: () => 0, End: (_at, count) => count - 1 };
  const step = steps[event.key];
  if (step === undefined) return;
  const titles = [...list.querySelectorAll<HTMLElement>('li.entry:not([hidden]) button.title')];
  const next = titles[step(titles.findIndex((title) => title === document.activeElement), titles.length)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

hear<ToTimeline>((message) => {
  if (message.type === 'head') {
    const { name, provider, task, state, tone, replay, live } = message.head;
    byId('name', HTMLHeadingElement).textContent = name;
    byId('about', HTMLParagraphElement).textContent = [provider, task].filter((text) => text !== '').join(' · ');
    const badge = byId('state', HTMLSpanElement);
    badge.textContent = state;
    badge.dataset['tone'] = tone;
    badge.hidden = state === '';
    byId('replay', HTMLButtonElement).disabled = !replay;
    byId('attach', HTMLButtonElement).disabled = !live;
    return;
  }
  if (message.complete) {
    list.replaceChildren();
    shown.clear();
  }
  take(message.entries);
  if (told && !message.complete) news.textContent = message.entries.map(({ title }) => title).join('. ');
  if (message.complete) window.scrollTo({ top: document.body.scrollHeight });
  told = true;
});

list.addEventListener('keydown', onKey);
byId('replay', HTMLButtonElement).addEventListener('click', () => send({ type: 'replay' }));
byId('attach', HTMLButtonElement).addEventListener('click', () => send({ type: 'attach' }));
drawFilters();
keepState();
send({ type: 'ready' });
