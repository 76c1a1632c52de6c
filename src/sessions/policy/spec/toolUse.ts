// One use of a tool, as a CLI's hook tells of it before it happens: its command, the files it names, and what it would write.
import { readPayload, requestOf } from '../../../providers/hooks/hookPayload.ts';
import type { HookReport } from '../../../providers/status/hookReport.ts';
import { toolKind, type ToolKind } from '../tools.ts';

export interface ToolUse {
  /** The CLI's name of the tool. */
  readonly tool: string | undefined;
  readonly kind: ToolKind;
  readonly command?: string;
  /** The folder that it names to run in. */
  readonly folder?: string;
  /** The files that it names. */
  readonly paths: readonly string[];
  /** What a file would be, or how it would change, where the tool tells. */
  readonly change?: FileChange;
}

export type FileChange = { readonly type: 'whole'; readonly content: string } | { readonly type: 'edits'; readonly edits: readonly { readonly before: string; readonly after: string }[] };

/** `*** Update File: src/a.ts` of Codex's apply_patch. */
const PATCHED = /^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+)$/gm;
const PATH_KEYS = ['file_path', 'filePath', 'notebook_path', 'absolute_path', 'fileName', 'path', 'dir_path', 'directory', 'paths'] as const;

/** From a hook's payload; never throws. */
export function toolUseOf(payload: HookReport['payload']): ToolUse {
  const read = readPayload(payload);
  const { input } = read;
  const request = requestOf('', read);
  const patch = [input['input'], input['patch'], input['patchText'], input['command'], input['cmd']].find((text): text is string => typeof text === 'string' && text.includes('*** Begin Patch'));
  const command = request.command ?? (typeof input['cmd'] === 'string' ? input['cmd'] : undefined);
  const named = PATH_KEYS.flatMap((key) => texts(input[key]));
  const patched = patch === undefined ? [] : [...patch.matchAll(PATCHED)].flatMap(([, path]) => (path === undefined ? [] : [path.trim()]));
  const kind = patch !== undefined ? 'write' : toolKind({ id: '', ...(read.tool === undefined ? {} : { tool: read.tool }), ...(command === undefined ? {} : { command }), ...(named[0] === undefined ? {} : { path: named[0] }) });
  const change = changeOf(input);
  return {
    tool: read.tool,
    kind,
    paths: [...patched, ...named],
    ...(command === undefined || patch !== undefined ? {} : { command }),
    ...(request.folder === undefined ? {} : { folder: request.folder }),
    ...(change === undefined || patch !== undefined ? {} : { change }),
  };
}

function changeOf(input: Readonly<Record<string, unknown>>): FileChange | undefined {
  const content = input['content'] ?? input['file_text'];
  if (typeof content === 'string') return { type: 'whole', content };
  const listed = Array.isArray(input['edits']) ? (input['edits'] as readonly unknown[]) : [input];
  const edits = listed.map(editOf);
  return edits.length > 0 && edits.every((edit) => edit !== undefined) ? { type: 'edits', edits } : undefined;
}

function editOf(value: unknown): { readonly before: string; readonly after: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const edit = value as Readonly<Record<string, unknown>>;
  const before = edit['old_string'] ?? edit['oldString'] ?? edit['old_str'];
  const after = edit['new_string'] ?? edit['newString'] ?? edit['new_str'];
  return typeof before === 'string' && typeof after === 'string' ? { before, after } : undefined;
}

function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
