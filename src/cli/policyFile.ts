// A JSON file with the rules of a session, as `spawn --policy` takes it.
import { AgentsError, isAgentsError, messageOf } from '../base/errors.ts';
import { faultLines } from '../protocol/config.ts';
import { WrittenPolicy, type PolicySpec } from '../protocol/sessionConfig.ts';
import { readRegularFile } from './regularFile.ts';

/** Throws `not-found` or `bad-input`, naming each fault: a rule that is misspelt must not be one that is not there. */
export async function readPolicyFile(path: string): Promise<PolicySpec> {
  let text: string;
  try {
    text = await readRegularFile(path, 'The policy file');
  } catch (error) {
    if (isAgentsError(error)) throw error;
    throw new AgentsError('not-found', `The policy file ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  return parsePolicyFile(text, path);
}

export function parsePolicyFile(text: string, path: string): PolicySpec {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AgentsError('bad-input', `The policy file ${path} holds no JSON: ${messageOf(error)}.`, { cause: error });
  }
  const parsed = WrittenPolicy.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AgentsError('bad-input', `The policy file ${path} is not valid: ${faultLines(parsed.error).join('; ')}.`, { hint: 'See docs/policy.md.', cause: parsed.error });
}
