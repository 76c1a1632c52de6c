// What lies in a row between two processes may hold somebody's key: the row is sealed, and what opens it is in the NOTIFY, which no disk keeps.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** A key seals one text, so its nonce need not differ. */
const NONCE = Buffer.alloc(12);

/** `key` and `body` in base64. */
export function seal(text: string): { readonly key: string; readonly body: string } {
  const key = randomBytes(KEY_BYTES);
  const cipher = createCipheriv(CIPHER, key, NONCE);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { key: key.toString('base64'), body: sealed.toString('base64') };
}

/** Undefined for what was not sealed with that key. */
export function unseal(body: string, key: string): string | undefined {
  try {
    const sealed = Buffer.from(body, 'base64');
    const decipher = createDecipheriv(CIPHER, Buffer.from(key, 'base64'), NONCE);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
