// The terminal emulator is half of the page's script: it is loaded once a terminal is looked at.
import { useEffect, useState } from 'preact/hooks';
import type { TerminalPane } from './terminalPane.ts';

export type TerminalPaneType = typeof TerminalPane;

/** The class, once it is loaded; the words of the fault where that failed. */
export function useTerminalPane(): TerminalPaneType | string | undefined {
  const [loaded, setLoaded] = useState<{ readonly pane?: TerminalPaneType; readonly fault?: string }>({});
  useEffect(() => {
    let over = false;
    import('./terminalPane.ts').then(
      ({ TerminalPane: pane }) => over || setLoaded({ pane }),
      () => over || setLoaded({ fault: 'The terminal could not be loaded: reload the page.' }),
    );
    return () => void (over = true);
  }, []);
  return loaded.pane ?? loaded.fault;
}
