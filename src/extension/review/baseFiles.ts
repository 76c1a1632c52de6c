// Files as a commit has them, for the left side of diffs: any bytes, read from git once.
import { join } from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { isAgentsError } from '../../base/errors.ts';
import { Git } from '../../workspaces/git.ts';
import { REVIEW_SCHEME, type BaseAddress } from './reviewScheme.ts';

const Query = z.object({ folder: z.string(), rev: z.string().regex(/^(?:[0-9a-f]{40,64}|:[123]|)$/), path: z.string() });

/** Bytes that are kept. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** The address of a file in a commit. It is shown under the path that the file has (or had) in the folder. */
export function baseUri(address: BaseAddress): vscode.Uri {
  return vscode.Uri.from({ scheme: REVIEW_SCHEME, path: vscode.Uri.file(join(address.folder, address.path)).path, query: JSON.stringify(address) });
}

/** What such an address names; undefined for any other. */
export function parseBaseUri(uri: vscode.Uri): BaseAddress | undefined {
  if (uri.scheme !== REVIEW_SCHEME) return undefined;
  try {
    return Query.parse(JSON.parse(uri.query));
  } catch {
    return undefined;
  }
}

export class BaseFiles {
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  async read(uri: vscode.Uri): Promise<Uint8Array> {
    const address = parseBaseUri(uri);
    if (address === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    if (address.rev === '') return new Uint8Array();
    const known = this.#kept.get(uri.query);
    if (known !== undefined) return known;
    try {
      const { stdout } = await new Git(address.folder).run(['cat-file', 'blob', `${address.rev}:${address.path}`]);
      if (!address.rev.startsWith(':')) this.#keep(uri.query, stdout);
      return stdout;
    } catch (error) {
      if (!isAgentsError(error)) throw error;
      throw vscode.FileSystemError.FileNotFound(`${address.path} is not in ${address.rev.slice(0, 10)}: ${error.message}`);
    }
  }

  /** The oldest go when there are too many bytes. */
  #keep(key: string, bytes: Uint8Array): void {
    this.#kept.set(key, bytes);
    this.#bytes += bytes.byteLength;
    for (const [old, { byteLength }] of this.#kept) {
      if (this.#bytes <= KEPT_BYTES) return;
      this.#kept.delete(old);
      this.#bytes -= byteLength;
    }
  }
}
