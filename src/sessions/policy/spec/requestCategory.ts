// What a use of a tool is about, in the words of events: the gravest of what the policy's own tables say of its commands and its files.
import type { EventApprovalCategory } from '../../../protocol/runnerEvent.ts';
import type { ShellReader } from '../shellReading.ts';
import { categoriesOf, graver } from './commandCategories.ts';
import { dependenciesOf, secretsOf } from './fileCategories.ts';
import { runsOf, type Run } from './runs.ts';
import type { ToolUse } from './toolUse.ts';

/** For people and statistics, also where no rules speak of it. Never throws: `shell` is what nothing else is said of. */
export function categoryOfUse(use: ToolUse, workspace: string, read: ShellReader): EventApprovalCategory {
  try {
    const files = use.paths.flatMap((path) => [secretsOf(path, workspace), use.kind === 'write' ? dependenciesOf(path, use.change, undefined) : undefined]);
    const runs = use.command === undefined ? [] : runsOf(read(use.command), read).runs;
    const found = [...files, ...runs.flatMap((run) => [...categoriesOf(run), ...filesOf(run, workspace)])].flatMap((one) => (one === undefined ? [] : [one.category]));
    return found.sort(graver)[0] ?? (use.kind === 'network' ? 'network' : 'shell');
  } catch {
    return 'shell';
  }
}

/** What its words and redirections name. */
function filesOf({ command }: Run, workspace: string): readonly ReturnType<typeof secretsOf>[] {
  const words = command.words.slice(1).map(({ text }) => text).filter((text) => /[./~]/.test(text) && !/^[a-z][a-z0-9+.-]*:\/\//i.test(text));
  const targets = command.redirects.flatMap(({ operator, target }) => (target === undefined ? [] : [{ path: target.text, writes: operator !== '<' }]));
  return [...words.map((path) => secretsOf(path, workspace)), ...targets.flatMap(({ path, writes }) => [secretsOf(path, workspace), writes ? dependenciesOf(path, undefined, undefined) : undefined])];
}
