// What an agent that gets no more than it needs takes from this process's environment: what programs need anywhere, and no secret.

/** By name, or by what names begin with. Proxies may hold a password of their own: without them an agent reaches nothing. */
const KEPT = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|COLORTERM|NO_COLOR|(?:https?|all|no|ftp)_proxy|(?:HTTPS?|ALL|NO|FTP)_PROXY|XDG_(?:CONFIG|DATA|STATE|CACHE)_HOME|XDG_RUNTIME_DIR|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|GIT_SSL_CAINFO|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/;

/** The variables that are kept, each with its value. What a provider needs besides is added by whoever knows the provider. */
export function agentEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && KEPT.test(entry[0])));
}
