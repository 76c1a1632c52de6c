// The key that a provider cannot work without, looked for before a session is begun: in the request's environment and in the hub's own.

/** Any of a provider's will do; the first is the one that is asked for. */
const keys: Readonly<Record<string, readonly [string, ...string[]]>> = {
  codex: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
  claude_code: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
  claude: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
};

/** The variables that are set in neither. Empty for a provider that may be signed in otherwise. */
export function missingKeys(providerId: string, ...environments: readonly Readonly<Record<string, string | undefined>>[]): readonly string[] {
  const wanted = Object.hasOwn(keys, providerId) ? keys[providerId] : undefined;
  if (wanted === undefined || wanted.some((name) => environments.some((env) => (env[name] ?? '').trim() !== ''))) return [];
  return [wanted[0]];
}
