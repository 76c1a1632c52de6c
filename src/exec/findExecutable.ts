// Looks for a program as the system would: along the PATH, with Windows' extensions. Runs nothing.
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The path of the first executable file of that name, or undefined. A name with a slash is looked at as it is. */
export async function findExecutable(program: string, env: Readonly<Record<string, string | undefined>> = process.env): Promise<string | undefined> {
  const windows = process.platform === 'win32';
  const extensions = windows ? (env['PATHEXT'] ?? '.EXE;.CMD;.BAT;.COM').split(';') : [''];
  const named = program.includes('/') || (windows && program.includes('\\'));
  const folders = named ? [''] : (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    for (const extension of extensions) {
      const path = folder === '' ? program + extension : join(folder, program + extension);
      if (await isExecutableFile(path)) return path;
    }
  }
  return undefined;
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
