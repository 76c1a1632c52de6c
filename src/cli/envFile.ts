// A file of KEY=VALUE lines for an agent's environment. Its values are secrets: never shown, never logged.
import { parseEnv } from 'node:util';
import { AgentsError, isAgentsError, messageOf } from '../base/errors.ts';
import { readRegularFile } from './regularFile.ts';

/** Reads a dotenv file: comments, quotes and multi-line values as in Node's own `--env-file`. Throws `not-found` or `bad-input`. */
export async function readEnvFile(path: string): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readRegularFile(path, 'The environment file');
  } catch (error) {
    if (isAgentsError(error)) throw error;
    throw new AgentsError('not-found', `The environment file ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  return parseEnvText(text, path);
}

export function parseEnvText(text: string, path: string): Record<string, string> {
  const variables = Object.entries(parseEnv(text)).filter((entry): entry is [string, string] => entry[1] !== undefined);
  for (const [name] of variables) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new AgentsError('bad-input', `The environment file ${path} holds "${name}", which is no name for a variable.`, { hint: 'Names have letters, digits and "_" only.' });
    }
  }
  return Object.fromEntries(variables);
}
