// Which commands only read, test or build. A list of what is known to be so, with the options that would make it otherwise; all else is not.
import { matchesPattern, parsePattern } from './commandPattern.ts';
import { GIT_LOOKS, isLong } from './dangers.ts';
import type { ShellCommand } from './shellReading.ts';

type Args = readonly string[];

const anything = (): boolean => true;
/** Neither these options, nor the long ones of these names, which programs also take cut short: `--outp=x`. */
const without = (refused: RegExp, ...long: readonly string[]) => (args: Args) => !args.some((arg) => refused.test(arg) || long.some((name) => isLong(arg, name)));

/** Programs that read, each with a test of its arguments. */
const readers: Readonly<Record<string, (args: Args) => boolean>> = {
  ls: anything,
  cat: anything,
  head: anything,
  tail: without(/^-[a-zA-Z]*[fF]/, '--follow', '--retry'),
  wc: without(/^$/, '--files0-from'),
  grep: anything,
  egrep: anything,
  fgrep: anything,
  rg: without(/^(?:--pre|--hostname-bin|--search-zip|-[a-zA-Z]*z)/),
  find: without(/^-(?:exec|execdir|ok|okdir|delete|fprint|fprintf|fprint0|fls|files0-from)$/),
  file: without(/^-[a-zA-Z]*[Cmf]/, '--compile', '--magic-file', '--files-from'),
  stat: anything,
  du: without(/^$/, '--files0-from'),
  df: anything,
  diff: anything,
  cmp: anything,
  pwd: anything,
  echo: anything,
  which: anything,
  basename: anything,
  dirname: anything,
  realpath: anything,
  readlink: anything,
  sort: without(/^-[a-zA-Z]*[oTS]/, '--output', '--compress-program', '--files0-from', '--temporary-directory'),
  // A second file would be written; `-` is the first one, and behind `--` everything is a file.
  uniq: (args) => !args.includes('--') && args.filter((arg) => arg === '-' || !arg.startsWith('-')).length <= 1,
  cut: anything,
  tr: anything,
  nl: anything,
  md5sum: anything,
  sha1sum: anything,
  sha256sum: anything,
  true: anything,
  false: anything,
  ':': anything,
  date: without(/^-[a-zA-Z]*s/, '--set'),
  uname: anything,
  whoami: anything,
  id: anything,
  seq: anything,
  // Only lines by number: `sed -n 10,20p`; its other commands write files and run programs.
  sed: (args) => args[0] === '-n' && /^\d+(?:,\d+)?p$/.test(args[1] ?? '') && args.slice(2).every((arg) => !arg.startsWith('-')),
  git: (args) => GIT_LOOKS.has(args[0] ?? '') && without(/^(?:-[a-zA-Z]*O|-c$)/, '--open-files-in-pager', '--output', '--ext-diff', '--textconv', '--filters', '--exec', '--upload-pack', '--no-index', '--git-dir', '--work-tree', '--config-env')(args.slice(1)),
};

const tests = [
  ...['npm', 'pnpm', 'yarn', 'bun'].flatMap((program) => [`${program} test *`, `${program} run test *`, `${program} run test:* *`]),
  ...['npm t *', 'vitest *', 'jest *', 'mocha *', 'ava *', 'node --test *', 'deno test *', 'pytest *', 'python -m pytest *', 'python3 -m pytest *', 'python -m unittest *', 'python3 -m unittest *', 'tox *', 'go test *', 'cargo test *'],
  ...['cargo nextest run *', 'make test *', 'make check *', 'ctest *', 'dotnet test *', 'mvn test *', 'gradle test *', './gradlew test *', 'rspec *', 'bundle exec rspec *', 'phpunit *', 'mix test *', 'swift test *'],
].map(parsePattern);

const builds = [
  ...['npm', 'pnpm', 'yarn', 'bun'].flatMap((program) => ['build', 'lint', 'typecheck', 'check', 'compile', 'build:*', 'lint:*'].map((script) => `${program} run ${script} *`)),
  ...['yarn build *', 'yarn lint *', 'pnpm build *', 'pnpm lint *', 'tsc *', 'eslint *', 'prettier --check *', 'cargo build *', 'cargo check *', 'cargo clippy *', 'cargo fmt *', 'go build *', 'go vet *', 'gofmt -l *', 'make', 'make all', 'make build *', 'make lint *', 'cmake --build *'],
  ...['dotnet build *', 'mvn compile *', 'mvn package *', 'gradle build *', './gradlew build *', 'ruff check *', 'mypy *', 'flake8 *', 'mix compile *', 'swift build *'],
].map(parsePattern);

/** Options of tests and builds that run nothing else, load nothing else and write nowhere else. */
const SAFE_OPTION = /^(?:--|-[vqxsuwk]|-[tgn]|-race|-short|-count=\d+|-run(?:=.*)?|-timeout=\w+|--(?:run|watch=false|no-watch|watchAll=false|coverage|ci|silent|verbose|quiet|bail|grep|filter|testNamePattern|test-name-pattern|reporter=(?:dot|spec|tap|verbose|basic|default|json|list|min)|no-color|color|colors|release|all|workspace|lib|tests|bins|noEmit|strict|max-warnings=\d+|fix=false|cache=false|no-cache|maxfail=\d+|tb=\w+|runInBand|lf|ff|parallel|locked|offline|all-targets|all-features))$/;

export function reads(command: ShellCommand): boolean {
  const test = Object.hasOwn(readers, nameOf(command)) ? readers[nameOf(command)] : undefined;
  return test !== undefined && test(argsOf(command));
}

export function testsProject(command: ShellCommand): boolean {
  return tests.some((pattern) => matchesPattern(pattern, command) && plainExtras(argsOf(command)));
}

export function buildsProject(command: ShellCommand): boolean {
  return builds.some((pattern) => matchesPattern(pattern, command) && plainExtras(argsOf(command)));
}

/** The command as it is written, without a folder: `/tmp/ls` and `./ls` are not `ls`. */
function nameOf(command: ShellCommand): string {
  return command.words[0]?.text ?? '';
}

function argsOf(command: ShellCommand): Args {
  return command.words.slice(1).map((word) => word.text);
}

/** Options that the pattern itself names are safe; a word with `=` would set a variable of make's. */
function plainExtras(args: Args): boolean {
  return args.every((arg) => (arg.startsWith('-') ? SAFE_OPTION.test(arg) || ['--test', '-m', '--check', '-l', '--build'].includes(arg) : !arg.includes('=')));
}
