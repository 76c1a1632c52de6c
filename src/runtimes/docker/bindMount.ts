// A folder or file of the host shown in a container, and the `SOURCE:TARGET[:ro|rw]` notation for it.
import { AgentsError } from '../../base/errors.ts';

export interface BindMount {
  /** Absolute, on the engine's host. */
  readonly source: string;
  /** Absolute, in the container. */
  readonly target: string;
  readonly readOnly: boolean;
}

const BIND = /^(?<source>(?:[A-Za-z]:)?[^:]+):(?<target>\/[^:]*)(?::(?<modes>[^:]*))?$/;

/** Reads `SOURCE:TARGET[:ro|rw[,z|Z]]`, a Windows drive in the source included. Throws `bad-input`. */
export function parseBind(text: string): BindMount {
  const { source, target, modes = 'rw' } = BIND.exec(text)?.groups ?? {};
  const flags = modes.split(',');
  if (source === undefined || target === undefined || !/^(\/|[A-Za-z]:[\\/]|\\\\)/.test(source) || !flags.every((flag) => ['ro', 'rw', 'z', 'Z'].includes(flag))) {
    throw new AgentsError('bad-input', `"${text}" is not a bind: write /host/path:/container/path, with :ro to make it read-only.`);
  }
  return { source, target, readOnly: flags.includes('ro') };
}
