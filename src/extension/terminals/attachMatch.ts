// Recognises the process of a terminal as the attach command of an agent: how terminals are found again after a reload.

/** What is known of a process: its argv exactly, or one line where a system tells no more. */
export type ProcessWords = { readonly argv: readonly string[] } | { readonly line: string };

/** True when the process runs the attach command. The program counts by its last name: a PATH look-up may have made it absolute. */
export function runsAttach(process: ProcessWords, attach: readonly string[]): boolean {
  if (attach.length === 0) return false;
  if ('line' in process) return stripFolder(process.line.trim()) === stripFolder(attach.join(' '));
  const [program = '', ...rest] = process.argv;
  const [wantedProgram = '', ...wanted] = attach;
  return programName(program) === programName(wantedProgram) && rest.length === wanted.length && rest.every((word, index) => word === wanted[index]);
}

/** The words of Linux's /proc/PID/cmdline: each ended by NUL. */
export function parseCmdline(content: string): string[] {
  const words = content.split('\0');
  if (words.at(-1) === '') words.pop();
  return words;
}

/** The process ids in tmux's answer to `list-clients -F '#{client_pid} #{session_name}'` that show the session. */
export function clientsOf(lines: readonly string[], sessionName: string): number[] {
  return lines.flatMap((line) => {
    const space = line.indexOf(' ');
    const pid = Number(line.slice(0, space));
    return space > 0 && Number.isInteger(pid) && line.slice(space + 1) === sessionName ? [pid] : [];
  });
}

function programName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.exe$/i, '');
}

function stripFolder(line: string): string {
  const [program = '', ...rest] = line.split(' ');
  return [programName(program), ...rest].join(' ');
}
