// Something that is asked of the hub once it is shown, and again when wished.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { PageFault } from '../api/client.ts';
import { faultOf } from './useAct.ts';

export interface Loaded<T> {
  readonly value: T | undefined;
  readonly fault: PageFault | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
  readonly set: (value: T) => void;
}

/** `key`: loads anew when it changes. What was there stays shown meanwhile. */
export function useLoaded<T>(load: () => Promise<T>, key: string | number = ''): Loaded<T> {
  const [state, setState] = useState<{ readonly value: T | undefined; readonly fault: PageFault | undefined; readonly loading: boolean }>({ value: undefined, fault: undefined, loading: true });
  const run = useRef(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => {
    const mine = ++run.current;
    setState(({ value }) => ({ value, fault: undefined, loading: true }));
    latest.current().then(
      (value) => mine === run.current && setState({ value, fault: undefined, loading: false }),
      (error: unknown) => mine === run.current && setState(({ value }) => ({ value, fault: faultOf(error), loading: false })),
    );
  }, []);
  useEffect(() => {
    reload();
    return () => void run.current++;
  }, [key, reload]);
  return { ...state, reload, set: (value) => setState({ value, fault: undefined, loading: false }) };
}
