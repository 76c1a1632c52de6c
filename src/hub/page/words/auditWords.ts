// What the audit log's actions are called on the page.

const words: Readonly<Record<string, string>> = {
  setup: 'Set the hub up',
  login: 'Signed in',
  'login.refused': 'Failed to sign in',
  logout: 'Signed out',
  'token.create': 'Made a token',
  'token.revoke': 'Ended a token',
  'user.create': 'Added a user',
  'user.change': 'Changed a user',
  'org.create': 'Made an organization',
  'login.test': 'Signed in as a test',
  'runner.registered': 'Registered a runner',
  'runner.changed': 'Changed a runner',
  'runner.deleted': 'Removed a runner',
  'runner.connected': 'Connected a runner',
  'runner.refused': 'A runner was refused',
  'task.created': 'Queued a task',
  'task.canceled': 'Cancelled a task',
  'task.retried': 'Queued a task anew',
  'agent.command': 'Sent a command',
  'agent.prompt': 'Sent a prompt',
  'agent.answer': 'Answered a request',
  'agent.interrupt': 'Interrupted an agent',
  'agent.kill': 'Ended an agent',
  'agent.unqueue': 'Took a prompt back',
  'terminal.take': 'Took control of a terminal',
};

/** Its words; an action that has none is shown as it is written. */
export function actionWords(action: string): string {
  return Object.hasOwn(words, action) ? (words[action] ?? action) : action;
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The text with the names of what its ids stand for; ids of what is not known are cut short. */
export function withNames(text: string, nameOf: (id: string) => string | undefined): string {
  return nameOf(text) ?? text.replace(ID, (id) => nameOf(id) ?? id.slice(0, 8));
}

/** `name: x, role: admin`: one line of what the entry tells beside. */
export function detailText(detail: Readonly<Record<string, unknown>> | null): string {
  return Object.entries(detail ?? {})
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => `${key.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
