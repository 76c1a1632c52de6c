// What is dangerous about one simple command: a table of programs, each with the arguments that make it so.
import { posix } from 'node:path';
import { commandsWithin, isShell, programOf } from './effectiveCommand.ts';
import { absolutePath, dotPart, isSink, isWithin, pathIn, secretPart } from './places.ts';
import type { ShellCommand, ShellReader, ShellReading } from './shellReading.ts';

export type FindingKind = 'privilege' | 'destructive' | 'remote-code' | 'publish' | 'network' | 'outside' | 'sensitive' | 'secret' | 'system' | 'unreadable' | 'change';

export interface Finding {
  readonly kind: FindingKind;
  readonly level: 'medium' | 'high';
  /** A half sentence: `it deletes files for good (rm -rf build)`. */
  readonly reason: string;
}

type Test = (args: readonly string[]) => boolean;
interface Danger {
  readonly programs: readonly string[];
  readonly when?: Test;
  readonly kind: FindingKind;
  readonly level?: 'medium';
  readonly reason: string;
}

/** One of a command's short options, alone or among others, or a long one. */
const has = (...options: readonly string[]): Test => (args) =>
  args.some((arg) => options.some((option) => (option.startsWith('--') ? isLong(arg, option) : /^-[A-Za-z0-9]+$/.test(arg) && arg.includes(option.slice(1)))));
const sub = (...names: readonly string[]): Test => (args) => names.some((name) => name.split(' ').every((word, index) => bare(args)[index] === word));
const both = (...tests: readonly Test[]): Test => (args) => tests.every((test) => test(args));
const either = (...tests: readonly Test[]): Test => (args) => tests.some((test) => test(args));
const bare = (args: readonly string[]): readonly string[] => args.filter((arg) => !arg.startsWith('-'));

const dangers: readonly Danger[] = [
  { programs: ['sudo', 'doas', 'su', 'pkexec', 'run0'], kind: 'privilege', reason: 'it runs with the rights of another user' },
  { programs: ['rm'], when: has('-r', '-R', '-f', '--recursive', '--force'), kind: 'destructive', reason: 'it deletes for good' },
  { programs: ['rm', 'unlink', 'rmdir'], kind: 'change', level: 'medium', reason: 'it deletes' },
  { programs: ['shred', 'wipefs', 'mkfs', 'fdisk', 'parted', 'mkswap', 'dd', 'truncate', 'blkdiscard'], kind: 'destructive', reason: 'it overwrites' },
  { programs: ['find', 'fd', 'xargs', 'parallel'], when: (args) => args.includes('-delete') || args.some((arg) => /^(?:.*\/)?(?:rm|shred|unlink)$/.test(arg)), kind: 'destructive', reason: 'it deletes what it finds' },
  { programs: ['chmod', 'chown', 'chgrp', 'setfacl', 'chattr'], when: either(has('-R', '--recursive'), (args) => args.some((arg) => /^[0-7]?777$|[ugo]*[ao]\+[rx]*w|\+s/.test(arg))), kind: 'destructive', reason: 'it opens or changes rights widely' },
  { programs: ['git'], when: both(sub('push'), either(has('-f', '-d', '--force', '--force-with-lease', '--mirror', '--delete', '--prune'), (args) => bare(args).some((arg) => /^\+|^:/.test(arg)))), kind: 'destructive', reason: 'it overwrites what others have (a forced push)' },
  { programs: ['git'], when: either(both(sub('reset'), has('--hard', '--merge')), both(sub('clean'), has('-f', '--force')), both(sub('branch'), has('-D')), both(sub('checkout', 'switch'), has('-f', '--force')), sub('checkout .', 'restore .', 'stash drop', 'stash clear', 'reflog expire', 'filter-branch', 'gc', 'update-ref', 'worktree remove')), kind: 'destructive', reason: 'it can throw uncommitted or unmerged work away' },
  { programs: ['git'], when: sub('config'), kind: 'sensitive', reason: "it changes git's settings" },
  { programs: ['git'], when: (args) => args.some((arg) => /^(?:-c|--exec-path|--upload-pack|--receive-pack|--config-env|--ext-diff)/.test(arg)), kind: 'sensitive', reason: 'it tells git to run something else' },
  { programs: ['git'], when: both(sub('grep'), (args) => args.some((arg) => /^-[A-Za-z]*O/.test(arg) || isLong(arg, '--open-files-in-pager'))), kind: 'sensitive', reason: 'it tells git to run something else' },
  { programs: ['sort'], when: has('--compress-program'), kind: 'sensitive', reason: 'it runs another program' },
  { programs: ['sort'], when: (args) => args.some((arg) => /^-[A-Za-z]*o/.test(arg) || isLong(arg, '--output')), kind: 'change', level: 'medium', reason: 'it writes a file' },
  { programs: ['git', 'gh', 'glab', 'hub'], when: sub('push'), kind: 'network', reason: 'it sends commits away' },
  { programs: ['git'], when: sub('fetch', 'pull', 'clone', 'remote update', 'submodule update', 'ls-remote'), kind: 'network', reason: 'it reaches the network' },
  { programs: ['npm', 'pnpm', 'yarn', 'bun', 'cargo', 'gem', 'twine', 'poetry', 'vsce', 'ovsx', 'npx'], when: either(sub('publish', 'upload', 'push', 'unpublish', 'deprecate', 'npm publish', 'owner', 'token', 'login', 'logout', 'dist-tag')), kind: 'publish', reason: 'it publishes, or changes an account' },
  { programs: ['docker', 'podman', 'nerdctl', 'buildah'], when: sub('push', 'login'), kind: 'publish', reason: 'it publishes' },
  { programs: ['docker', 'podman', 'nerdctl'], when: either(has('--privileged', '-v', '--volume', '--mount', '--pid'), sub('rm', 'rmi', 'system prune', 'volume rm', 'volume prune', 'image prune', 'container prune', 'exec')), kind: 'system', reason: 'it reaches into the machine or into other containers' },
  { programs: ['kubectl', 'helm', 'terraform', 'tofu', 'pulumi', 'ansible', 'ansible-playbook', 'aws', 'gcloud', 'az', 'heroku', 'fly', 'flyctl', 'vercel', 'netlify', 'wrangler', 'gh', 'glab'], kind: 'network', reason: 'it acts on a service' },
  { programs: ['npm', 'pnpm', 'yarn', 'bun'], when: either(sub('install', 'i', 'add', 'ci', 'update', 'upgrade', 'up', 'dlx', 'create', 'init', 'exec', 'x', 'audit', 'outdated', 'view', 'info', 'remove', 'uninstall')), kind: 'network', reason: 'it fetches packages, whose scripts run' },
  { programs: ['npx', 'bunx', 'pnpx', 'uvx', 'pipx'], kind: 'network', reason: 'it may fetch a package and run it' },
  { programs: ['pip', 'pip3', 'uv', 'poetry', 'conda', 'gem', 'bundle', 'brew', 'apt', 'apt-get', 'yum', 'dnf', 'apk', 'pacman', 'snap', 'composer', 'go', 'cargo', 'rustup', 'dotnet'], when: sub('install', 'add', 'get', 'sync', 'update', 'upgrade', 'fetch', 'download', 'uninstall', 'remove', 'restore', 'require', 'pip install'), kind: 'network', reason: 'it fetches packages' },
  { programs: ['curl', 'wget', 'http', 'https', 'xh', 'aria2c', 'httpie'], when: either(has('-d', '-F', '-T', '--data', '--data-binary', '--data-raw', '--data-urlencode', '--form', '--upload-file', '--post-data', '--post-file', '--json', '--body-file'), (args) => args.some((arg, index) => /^-?-?(?:POST|PUT|DELETE|PATCH)$/.test(arg) && index > 0)), kind: 'publish', reason: 'it sends data away' },
  { programs: ['curl', 'wget', 'http', 'https', 'xh', 'aria2c', 'httpie', 'ssh', 'scp', 'sftp', 'rsync', 'ftp', 'nc', 'ncat', 'netcat', 'telnet', 'socat', 'ping', 'dig', 'nslookup', 'host', 'lynx', 'w3m'], kind: 'network', reason: 'it reaches the network' },
  { programs: ['kill', 'pkill', 'killall', 'shutdown', 'reboot', 'halt', 'poweroff', 'systemctl', 'service', 'launchctl', 'crontab', 'at', 'mount', 'umount', 'iptables', 'nft', 'ufw', 'sysctl', 'modprobe', 'insmod', 'useradd', 'usermod', 'userdel', 'passwd', 'visudo', 'chsh', 'loginctl', 'tmux', 'screen', 'nsenter'], kind: 'system', reason: 'it acts on the machine or on other programs' },
  { programs: ['eval', 'source', '.'], kind: 'unreadable', reason: 'what it runs is made while it runs' },
  { programs: ['printenv', 'env', 'set', 'export'], when: (args) => args.length === 0, kind: 'secret', reason: 'it shows the environment, which may hold secrets' },
  { programs: ['security', 'pass', 'op', 'gpg', 'ssh-add', 'ssh-keygen', 'keyctl', 'secret-tool'], kind: 'secret', reason: 'it handles keys or passwords' },
];

/** Programs that only look: a path outside the workspace is less of a matter for them. */
export const LOOKERS: ReadonlySet<string> = new Set(['ls', 'cat', 'head', 'tail', 'wc', 'grep', 'egrep', 'fgrep', 'rg', 'find', 'fd', 'file', 'stat', 'du', 'df', 'diff', 'cmp', 'tree', 'pwd', 'echo', 'printf', 'which', 'type', 'basename', 'dirname', 'realpath', 'readlink', 'sort', 'uniq', 'cut', 'tr', 'nl', 'md5sum', 'sha1sum', 'sha256sum', 'true', 'false', ':', 'cd', 'date', 'uname', 'whoami', 'id', 'hostname', 'less', 'more', 'jq', 'column', 'comm', 'test', '[', 'strings', 'xxd', 'hexdump', 'od', 'sleep', 'seq', 'ps']);
/** Subcommands of git that only look. */
export const GIT_LOOKS: ReadonlySet<string> = new Set(['status', 'log', 'diff', 'show', 'blame', 'ls-files', 'rev-parse', 'describe', 'shortlog', 'grep', 'cat-file', 'merge-base', 'name-rev', 'ls-tree', 'rev-list']);
/** Variables that change which programs run, or what they do. */
export const RISKY_VARIABLE = /^(?:PATH|LD_.*|DYLD_.*|NODE_OPTIONS|NODE_PATH|PYTHON.*|PERL5.*|RUBY.*|BASH_ENV|ENV|ZDOTDIR|IFS|PS4|PROMPT_COMMAND|SHELL|HOME|GIT_.*|SSH_.*|EDITOR|VISUAL|PAGER|LESS.*|JAVA_TOOL_OPTIONS|npm_config_.*|NPM_CONFIG_.*|HTTPS?_PROXY|https?_proxy)$/;
const DOWNLOADERS = new Set(['curl', 'wget', 'aria2c', 'http', 'https', 'xh', 'nc', 'ncat', 'ssh']);
/** They run what they read, or what runs next to them does. */
const RUNNERS = new Set(['eval', 'source', '.', 'xargs', 'sudo', 'env', 'tee', 'bash']);
const INTERPRETERS = new Set(['python', 'python3', 'node', 'perl', 'ruby', 'php', 'deno', 'bun', 'osascript', 'pwsh']);

/** True for a long option, whole, with more behind it, or cut short as far as programs take it: `--forc` for `--force`. */
export function isLong(arg: string, option: string): boolean {
  const [name = ''] = arg.split('=', 1);
  return arg.startsWith(option) || (name.length > 2 && option.startsWith(name));
}

/** Everything of note about a command line, the worst first. */
export function dangersOf(reading: ShellReading, read: ShellReader, workspace: string): readonly Finding[] {
  const findings: Finding[] = reading.doubts.map((doubt) => ({ kind: 'unreadable', level: 'high', reason: `what it runs is not certain: ${doubt}` }));
  const all = commandsWithin(reading, read);
  for (const command of all) findings.push(...inCommand(command, workspace));
  if (runsDownload(all)) findings.push({ kind: 'remote-code', level: 'high', reason: 'it runs what it downloads' });
  return worstFirst(findings);
}

const ranks: readonly FindingKind[] = ['remote-code', 'privilege', 'destructive', 'publish', 'unreadable', 'secret', 'sensitive', 'outside', 'system', 'network', 'change'];

export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  const weight = ({ level, kind }: Finding): number => (level === 'high' ? 0 : ranks.length) + ranks.indexOf(kind);
  return [...findings].sort((one, other) => weight(one) - weight(other));
}

function inCommand(command: ShellCommand, workspace: string): readonly Finding[] {
  const findings: Finding[] = [];
  const program = programOf(command);
  const args = command.words.slice(1).map((word) => word.text);
  const line = command.words.map((word) => word.text).join(' ');
  const shown = line.length > 60 ? `${line.slice(0, 59)}…` : line;
  if (command.words[0]?.plain === false) findings.push({ kind: 'unreadable', level: 'high', reason: `which program it runs is not certain (${shown})` });
  const danger = dangers.find(({ programs, when }) => (programs.includes(program) || programs.includes(program.split('.')[0] ?? '')) && (when === undefined || when(args)));
  if (danger !== undefined) findings.push({ kind: danger.kind, level: danger.level ?? 'high', reason: `${danger.reason} (${shown})` });
  const fed = command.fedByText || command.fedBy.length > 0;
  if (fed && isShell(program) && !args.some((arg) => /^-[a-z]*c[a-z]*$/.test(arg))) findings.push({ kind: 'unreadable', level: 'high', reason: `${program} runs a text that it is given` });
  const variable = command.assigns.find((name) => RISKY_VARIABLE.test(name));
  if (variable !== undefined) findings.push({ kind: 'sensitive', level: 'high', reason: `it sets ${variable}, which changes what other programs do` });
  const looks = danger === undefined && (LOOKERS.has(program) || (program === 'git' && GIT_LOOKS.has(args[0] ?? '')));
  for (const word of command.words.slice(1)) findings.push(...inPath(pathIn(word.text), workspace, looks));
  for (const { operator, target } of command.redirects) {
    if (target === undefined || (/&$/.test(operator) && /^(?:\d+|-)$/.test(target.text))) continue;
    findings.push(...inPath(target.text, workspace, operator === '<'));
    if (operator !== '<' && !isSink(target.text)) findings.push({ kind: 'change', level: 'medium', reason: `it writes to ${target.text}` });
  }
  if (program !== '' && !looks && danger === undefined) findings.push({ kind: 'change', level: 'medium', reason: `it runs ${shown}` });
  return findings;
}

/** What a path, as it is written, says. `looks`: it is only read. */
export function inPath(path: string | undefined, workspace: string, looks: boolean): readonly Finding[] {
  if (path === undefined || path === '' || isSink(path) || /^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return [];
  const findings: Finding[] = [];
  const secret = secretPart(path, workspace);
  if (secret !== undefined) findings.push({ kind: 'secret', level: 'high', reason: `${secret} may hold secrets` });
  const dot = dotPart(path, workspace);
  if (!looks && dot !== undefined && secret === undefined) findings.push({ kind: 'sensitive', level: 'high', reason: `${dot} configures tools or shells` });
  const leavesHome = path === '~' || path.startsWith('~/') || /^\$\{?HOME\b/.test(path);
  if ((leavesHome || /[/]|^\.\.?$/.test(path)) && (leavesHome || !isWithin(absolutePath(path, workspace), workspace))) {
    findings.push({ kind: 'outside', level: looks ? 'medium' : 'high', reason: `${path} is outside of the workspace` });
  }
  return findings;
}

/** `curl ... | sh`, `sh <(curl ...)`, `sh -c "$(curl ...)"`. */
function runsDownload(all: readonly ShellCommand[]): boolean {
  const downloads = (program: string): boolean => DOWNLOADERS.has(posix.basename(program));
  const runners = all.filter((command) => isShell(programOf(command)) || INTERPRETERS.has(programOf(command)) || RUNNERS.has(programOf(command)));
  return runners.some(({ fedBy }) => fedBy.some(downloads)) || (runners.length > 0 && all.some((command) => command.substituted && downloads(programOf(command))));
}
