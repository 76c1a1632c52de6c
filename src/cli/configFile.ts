// The command's settings file: where it is, and what it says.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AgentsError, isAgentsError, messageOf } from '../base/errors.ts';
import { parseConfig, type Config } from '../protocol/config.ts';
import { readRegularFile } from './regularFile.ts';

/** `$XDG_CONFIG_HOME/tmux-agents/config.json`, or below `~/.config`. */
function configFilePath(env: Readonly<Record<string, string | undefined>>, home: string = homedir()): string {
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'tmux-agents', 'config.json');
}

/** The settings of a file that was named, or of the usual one, which may be missing. Throws `bad-input` or `not-found`. */
export async function readConfigFile(named: string | undefined, env: Readonly<Record<string, string | undefined>>): Promise<Config> {
  const path = named ?? configFilePath(env);
  let text: string;
  try {
    text = await readRegularFile(path, 'The settings file');
  } catch (error) {
    if (isAgentsError(error)) throw error;
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    if (missing && named === undefined) return parseConfig({}, path);
    throw new AgentsError(missing ? 'not-found' : 'bad-input', `The settings file ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  return parseConfig(parseJson(text, path), path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AgentsError('bad-input', `The settings file ${path} is not valid JSON: ${messageOf(error)}.`, { hint: 'Comments and trailing commas are not allowed.', cause: error });
  }
}
