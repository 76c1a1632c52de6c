// Goes from address to address without loading the page anew, by the browser's own history.
import { signal, type ReadonlySignal } from '@preact/signals';
import { parseRoute, pathOf, type Route } from './routes.ts';

export class Navigation {
  readonly #route = signal<Route>(parseRoute(location));

  constructor() {
    window.addEventListener('popstate', () => (this.#route.value = parseRoute(location)));
    document.addEventListener('click', (event) => this.#follow(event));
  }

  get route(): ReadonlySignal<Route> {
    return this.#route;
  }

  go(route: Route): void {
    history.pushState(null, '', pathOf(route));
    this.#route.value = parseRoute(location);
    window.scrollTo({ top: 0 });
  }

  /** As `go`, in place of the entry that is shown: for tabs, and for what was only passed through. */
  replace(route: Route): void {
    history.replaceState(null, '', pathOf(route));
    this.#route.value = route;
  }

  /** Links of the page lead on within it; those with a key held, to another site or to a place on the page are the browser's. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin || link.getAttribute('href')?.startsWith('#') === true) return;
    event.preventDefault();
    this.go(parseRoute(link));
  }
}
