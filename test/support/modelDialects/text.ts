// What the dialects share: the person's words among the notes that CLIs put around them, ids, and server-sent events.

/** Notes that CLIs add to a message of the user; none of it was typed by a person. */
const NOTE = /^\s*<(system-reminder|environment_context|user_instructions|user_action|turn_aborted|session_context|recommended_plugins|skills_instructions|permissions instructions)\b/;

export function isNote(text: string): boolean {
  return NOTE.test(text);
}

let count = 0;

export function newId(prefix: string): string {
  return `${prefix}_${Date.now().toString(36)}${(count++).toString(36)}`;
}

/** One server-sent event. */
export function event(name: string | undefined, data: unknown): string {
  const head = name === undefined ? '' : `event: ${name}\n`;
  return `${head}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
