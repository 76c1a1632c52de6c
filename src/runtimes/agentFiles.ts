// An agent's own folder and the small files in it: which names they may have, and how they travel to a place as lines of text.
import { posix } from 'node:path';
import * as z from 'zod';
import type { AgentFile } from './types.ts';

/** The environment variable that names an agent's own folder to its program. */
export const FOLDER_VARIABLE = 'TMUX_AGENTS_FOLDER';

/** Bytes of one file; they are settings and scripts, and travel before the agent starts. */
const MAX_BYTES = 256 * 1024;

const NAME = /^(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+)*$/;

/** A file's name is relative and never leads upwards. */
export const AgentFiles = z
  .array(
    z.object({
      name: z.string().max(200, 'must have at most 200 characters').regex(NAME, 'must be a relative path of letters, digits, "_", "." and "-"'),
      content: z
        .string()
        .refine((content) => !content.includes('\0'), 'must not contain NUL')
        .refine((content) => Buffer.byteLength(content) <= MAX_BYTES, `must have at most ${MAX_BYTES} bytes`),
    }),
  )
  .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, 'must not name a file twice');

/** The folders that the files need below the agent's own, the outer ones first. */
export function foldersOf(files: readonly AgentFile[]): string[] {
  const folders = new Set<string>();
  for (const { name } of files) {
    const parts = posix.dirname(name).split('/');
    if (parts[0] !== '.') parts.forEach((_, depth) => folders.add(parts.slice(0, depth + 1).join('/')));
  }
  return [...folders];
}

/**
 * $1 the environment file. Reads the environment's lines, an empty line, then three lines for each file: its folder, its name, and its
 * content with the escapes of `printf %b`. After a folder that begins with `?` the file is only an offer: what is there stays, and that it
 * cannot be written is no fault. Nothing but a POSIX shell with its usual builtins and mkdir is needed.
 */
export const PLACE_SCRIPT = `
umask 077
: > "$1" || exit
while IFS= read -r line && [ -n "$line" ]; do
  printf '%s\\n' "$line" || exit
done >> "$1"
while IFS= read -r folder && IFS= read -r name && IFS= read -r content; do
  path=\${folder#?}/$name
  case $folder in
    [?]*) [ -e "$path" ] || { mkdir -p "\${path%/*}" && printf '%b' "$content" > "$path"; } 2>/dev/null ;;
    *) path=$folder/$name; mkdir -p "\${path%/*}" && printf '%b' "$content" > "$path" || exit ;;
  esac
done
:
`;

/** What `PLACE_SCRIPT` reads after the environment; `folder` is absolute. */
export function encodeFiles(folder: string, files: readonly AgentFile[], { offered = false }: { readonly offered?: boolean } = {}): string {
  return files.map(({ name, content }) => `${offered ? '?' : ''}${folder}\n${name}\n${escaped(content)}\n`).join('');
}

/** One line of printable ASCII: the escapes of `printf %b` for all else, byte by byte. */
function escaped(content: string): string {
  let line = '';
  for (const byte of Buffer.from(content)) {
    if (byte === 0x5c) line += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) line += String.fromCharCode(byte);
    else line += `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return line;
}
