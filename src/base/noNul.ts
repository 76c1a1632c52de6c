// Texts that every program and database takes: C ends a text at a NUL, and PostgreSQL keeps none.

export function noNul(text: string): boolean {
  return !text.includes('\0');
}

export const NO_NUL = 'A text has no NUL.';
