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
  'runner.register': 'Registered a runner',
  'runner.change': 'Changed a runner',
  'runner.update': 'Changed a runner',
  'runner.delete': 'Removed a runner',
  'runner.connect': 'A runner connected',
  'runner.disconnect': 'A runner went',
  'task.create': 'Made a task',
  'task.cancel': 'Cancelled a task',
  'session.command': 'Sent a command',
  'session.prompt': 'Sent a prompt',
  'session.answer': 'Answered a request',
  'session.interrupt': 'Interrupted an agent',
  'session.kill': 'Ended an agent',
  'session.unqueue': 'Took a prompt back',
  'terminal.take': 'Took control of a terminal',
};

/** Its words; an action that has none is shown as it is written. */
export function actionWords(action: string): string {
  return Object.hasOwn(words, action) ? (words[action] ?? action) : action;
}

/** `name: x, role: admin`: one line of what the entry tells beside. */
export function detailText(detail: Readonly<Record<string, unknown>> | null): string {
  return Object.entries(detail ?? {})
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => `${key.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
