// The page's addresses: what each shows, and how each is written. Pure: the browser's history is minded in navigation.ts.

export const agentTabs = ['terminal', 'timeline', 'changes', 'usage'] as const;
export type AgentTab = (typeof agentTabs)[number];

export type Route =
  | { readonly view: 'fleet' }
  | { readonly view: 'agent'; readonly id: string; readonly tab: AgentTab }
  | { readonly view: 'tasks' }
  | { readonly view: 'new-task' }
  | { readonly view: 'runners' }
  | { readonly view: 'audit' }
  | { readonly view: 'settings' }
  /** `next`: where whoever was sent here wanted to go. */
  | { readonly view: 'sign-in'; readonly next: string }
  /** By the one-time link; the token stands behind the `#`, which no server sees. */
  | { readonly view: 'setup'; readonly token: string }
  | { readonly view: 'nothing' };

export interface Address {
  readonly pathname: string;
  /** With its `?`, or empty. */
  readonly search: string;
  /** With its `#`, or empty. */
  readonly hash: string;
}

const simple: Readonly<Record<string, Extract<Route, { readonly view: 'fleet' | 'tasks' | 'new-task' | 'runners' | 'audit' | 'settings' }>>> = {
  '/': { view: 'fleet' },
  '/tasks': { view: 'tasks' },
  '/tasks/new': { view: 'new-task' },
  '/runners': { view: 'runners' },
  '/audit': { view: 'audit' },
  '/settings': { view: 'settings' },
};

export function parseRoute({ pathname, search, hash }: Address): Route {
  const path = pathname.length > 1 ? pathname.replace(/\/+$/, '') || '/' : '/';
  const query = new URLSearchParams(search);
  const found = simple[path];
  if (found !== undefined && Object.hasOwn(simple, path)) return found;
  if (path === '/sign-in') return { view: 'sign-in', next: ownPath(query.get('next')) };
  if (path === '/setup') return { view: 'setup', token: new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? '' };
  const id = /^\/agents\/([^/]+)$/.exec(path)?.[1];
  const decoded = id === undefined ? undefined : decode(id);
  if (decoded !== undefined) return { view: 'agent', id: decoded, tab: agentTabs.find((tab) => tab === query.get('tab')) ?? 'terminal' };
  return { view: 'nothing' };
}

/** The address of a route. */
export function pathOf(route: Route): string {
  switch (route.view) {
    case 'fleet':
    case 'nothing':
      return '/';
    case 'agent':
      return `/agents/${encodeURIComponent(route.id)}${route.tab === 'terminal' ? '' : `?tab=${route.tab}`}`;
    case 'tasks':
    case 'runners':
    case 'audit':
    case 'settings':
      return `/${route.view}`;
    case 'new-task':
      return '/tasks/new';
    case 'sign-in':
      return route.next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(route.next)}`;
    case 'setup':
      return '/setup';
  }
}

/** A path of this page; anything else (another site, a script) is the first page. */
function ownPath(path: string | null): string {
  return path !== null && /^\/(?![/\\])[^\u0000-\u001f\\]*$/.test(path) && !/^\/(sign-in|setup|api)(\/|\?|#|$)/.test(path) ? path : '/';
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
