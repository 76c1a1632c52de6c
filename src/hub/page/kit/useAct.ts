// An act of a person's: it runs once at a time, and its fault is shown where it was begun.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { PageFault } from '../api/client.ts';

export interface Act {
  readonly busy: boolean;
  readonly fault: PageFault | undefined;
  /** Resolves to whether it went well. A second run while one is busy does nothing. */
  readonly run: (act: () => Promise<void>) => Promise<boolean>;
  readonly clear: () => void;
}

export function useAct(): Act {
  const [state, setState] = useState<{ readonly busy: boolean; readonly fault: PageFault | undefined }>({ busy: false, fault: undefined });
  const held = useMemo(() => ({ busy: false, gone: false }), []);
  useEffect(() => {
    held.gone = false;
    return () => void (held.gone = true);
  }, [held]);
  const show = (busy: boolean, fault?: PageFault): void => {
    held.busy = busy;
    if (!held.gone) setState({ busy, fault });
  };
  return {
    ...state,
    clear: () => show(held.busy),
    run: async (act) => {
      if (held.busy) return false;
      show(true);
      try {
        await act();
        show(false);
        return true;
      } catch (error) {
        show(false, faultOf(error));
        return false;
      }
    },
  };
}

export function faultOf(error: unknown): PageFault {
  return error instanceof PageFault ? error : new PageFault(error instanceof Error ? error.message : String(error), 0);
}
