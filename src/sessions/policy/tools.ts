// What the CLIs call their tools, and what each does: runs a command, reads, writes, reaches the network.
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';

export type ToolKind = 'shell' | 'read' | 'write' | 'network' | 'other';

/** Lower case, without `_` and `-`; as Claude, Codex, Gemini, Qwen, opencode and Copilot name them, in hooks and in dialogs. */
const kinds: Readonly<Record<Exclude<ToolKind, 'other'>, readonly string[]>> = {
  shell: ['bash', 'shell', 'execcommand', 'shellcommand', 'localshell', 'runshellcommand', 'bashoutput', 'powershell', 'terminal', 'runcommand', 'command', 'shelltool'],
  read: ['read', 'readfile', 'readmanyfiles', 'glob', 'grep', 'ls', 'list', 'listdirectory', 'searchfilecontent', 'view', 'notebookread', 'ripgrep', 'grepsearch', 'findfiles', 'readfolder', 'searchtext'],
  write: ['write', 'edit', 'multiedit', 'notebookedit', 'writefile', 'replace', 'applypatch', 'create', 'patch', 'strreplace', 'strreplaceeditor', 'smartedit'],
  network: ['webfetch', 'websearch', 'fetch', 'googlewebsearch', 'googlesearch', 'fetchurl', 'browser'],
};

/** Of what the request says; a command makes it a shell's, a bare path a write's. */
export function toolKind(request: ApprovalRequest): ToolKind {
  if (request.command !== undefined && request.tool === undefined) return 'shell';
  if (request.tool === undefined) return request.path === undefined ? 'other' : 'write';
  const name = request.tool.toLowerCase().replace(/[\s_-]+/g, '');
  const known = (['shell', 'read', 'write', 'network'] as const).find((kind) => kinds[kind].includes(name));
  return known ?? (request.command === undefined ? 'other' : 'shell');
}
