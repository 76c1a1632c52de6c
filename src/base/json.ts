// JSON that may be damaged: files and lines that others write, or that broke off.

/** Undefined for what is no JSON. What it is has to be checked by a schema in any case. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
