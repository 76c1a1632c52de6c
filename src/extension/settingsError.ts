// A settings fault: what is wrong, and which key the Settings editor should show.
import { AgentsError } from '../base/errors.ts';

export class SettingsError extends AgentsError {
  readonly key: string;

  constructor(key: string, message: string, cause: unknown, hint = `Correct the setting ${key}.`) {
    super('bad-input', message, { hint, cause });
    this.key = key;
  }
}
