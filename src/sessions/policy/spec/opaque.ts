// Programs that run what their arguments say in a language or a place of their own: a table. What they run cannot be read for certain.

/** `named`: an allowlist that names the program means this, too. */
export interface Opaque {
  readonly programs: RegExp;
  readonly when?: (args: readonly string[]) => boolean;
  readonly named: boolean;
  readonly doubt: string;
}

const option = (pattern: RegExp) => (args: readonly string[]) => args.some((arg) => pattern.test(arg));
const first = (pattern: RegExp) => (args: readonly string[]) => args.some((arg) => pattern.test(arg)) && args.findIndex((arg) => pattern.test(arg)) < 4;

const LANGUAGES = /^(?:python[\d.]*|pypy3?|perl[\d.]*|ruby[\d.]*|node|nodejs|deno|bun|php[\d.]*|lua[\d.]*|osascript|pwsh|powershell|tclsh|guile|Rscript|julia|swift|scala|groovy|jshell|ghc|elixir|erl)$/;

export const OPAQUE: readonly Opaque[] = [
  { programs: LANGUAGES, when: option(/^(?:-[A-Za-z]*[ceErpx]|--eval(?:=.*)?|--print(?:=.*)?|eval|-Command|-EncodedCommand|-)$/), named: true, doubt: 'it runs a program text in another language' },
  // With no script they wait for what is typed, and of that no hook is told (Codex's write_stdin).
  { programs: LANGUAGES, when: (args) => args[0] === '-i' || (args.every((arg) => arg.startsWith('-')) && !args.some((arg) => /^(?:-[vVh]|--version|--help)$/.test(arg))), named: true, doubt: 'it runs what is typed into it' },
  { programs: /^(?:awk|gawk|mawk|nawk)$/, when: option(/\bsystem\s*\(|\||getline|^-f/), named: false, doubt: 'its script may run other programs' },
  { programs: /^(?:sed|gsed)$/, when: option(/(?:^|[;\n{}\d$/])\s*e\b|\/[gpiI\d]*e[gpiI\d]*(?:$|[;\n}])|^-[nErsiz]*f|^--file/), named: false, doubt: 'its script may run other programs' },
  { programs: /^(?:ed|ex|vi|vim|nvim|emacs|nano|less|more|man|gdb|lldb|expect|m4)$/, when: option(/^(?:\+|-[cesSxPp]|--cmd|--eval|-ex|--batch)|!/), named: false, doubt: 'it may run other programs' },
  { programs: /^(?:ed|ex|vi|vim|view|nvim|emacs|gdb|lldb|expect)$/, named: true, doubt: 'it runs what is typed into it' },
  { programs: /^(?:ssh|mosh|docker|podman|nerdctl|kubectl|oc|nsenter|unshare|flatpak-spawn|systemd-run|machinectl|vagrant|lxc|incus|wsl)$/, when: option(/^(?:exec|run|compose|shell|ssh|attach|debug|-.*|.*[@:].*|[\w.-]+)$/), named: true, doubt: 'it may run commands in another place' },
  { programs: /^(?:su|runuser|sg|newgrp|script|watch|parallel|flock|entr|at|batch|crontab|tmux|screen|dtach|abduco|strace|ltrace|perf|valgrind|faketime|proot|fakeroot|eatmydata|dbus-run-session|xvfb-run|start-stop-daemon|daemonize|launchctl|hyperfine|cpulimit|numactl|taskset|chrt|prlimit|setpriv|capsh|firejail|bwrap|direnv|dotenv|op|aws-vault|rlwrap|unbuffer|socat|ncat|ionotify|watchexec|nodemon|make-jobserver)$/, named: false, doubt: 'it runs what its arguments name' },
  { programs: /^(?:npx|bunx|pnpx|uvx|pipx)$/, named: true, doubt: 'it may fetch a package and run it' },
  { programs: /^(?:npm|pnpm|yarn|bun)$/, when: first(/^(?:exec|x|dlx|create|init)$/), named: true, doubt: 'it may fetch a package and run it' },
  { programs: /^(?:uv|poetry|pipenv|pdm|hatch|conda|mise|asdf|nix|nix-shell|bundle|rvm|pyenv|rbenv)$/, when: first(/^(?:run|exec|shell|tool|-c|--run|--command)$/), named: true, doubt: 'it runs what its arguments name' },
  { programs: /^git$/, when: option(/^(?:-c|-c.+|--config-env.*|--exec-path.+|--upload-pack.*|--receive-pack.*|--exec.*|-x.*|--ext-diff|--textconv|--open-files-in-pager.*|-O.+|bisect|foreach|filter-branch|difftool|mergetool|--tree-filter.*|--extcmd.*|-u.+)$/), named: false, doubt: 'it tells git to run something else' },
  { programs: /^git$/, when: (args) => args.includes('config') && args.some((arg) => /^(?:alias\.|core\.(?:pager|editor|hookspath|sshcommand|fsmonitor|askpass)|.*\.(?:cmd|command|driver|textconv|process|clean|smudge|helper)$|include|pager\.|sequence\.editor|diff\.external)/i.test(arg)), named: false, doubt: 'it sets what git runs' },
  { programs: /^(?:g?tar|bsdtar)$/, when: option(/^(?:--to-command|--checkpoint-action|--use-compress-program|-I|--rsh-command|--info-script|--new-volume-script|-F)/), named: false, doubt: 'it runs another program' },
  { programs: /^(?:rsync|scp|sftp)$/, when: option(/^(?:-e|--rsh|--rsync-path|-S|-o|-oProxyCommand|-D)/), named: false, doubt: 'it runs another program' },
  { programs: /^(?:sort|rg|zip|unzip|split|fd|fdfind|ag|install|ld|gcc|g\+\+|cc|clang|rustc)$/, when: option(/^(?:--compress-program|--pre$|--pre=|--hostname-bin|-TT|--filter|-[xX]$|--exec|--exec-batch|--pager|--strip-program|-wrapper|-fplugin|-B)/), named: false, doubt: 'it runs another program' },
  { programs: /^(?:make|gmake|just|task|rake|ninja)$/, when: option(/^(?:--eval|-f|--file|SHELL=|MAKEFLAGS=|-E)/), named: false, doubt: 'it runs what a text of its own names' },
  { programs: /^(?:source|\.|enable|hash|bind|complete|mapfile|readarray|coproc|zmodload|autoload)$/, named: false, doubt: 'it changes what the shell runs' },
  { programs: /^(?:set|shopt|declare|typeset|local|export|readonly|printf|read|unset|let)$/, when: option(/^(?:-v|BASH_|PATH=|PROMPT_COMMAND|-[a-z]*n[a-z]*$|.*\[.*\$)/), named: false, doubt: 'it changes what the shell runs' },
];

/** Why it cannot be told what `program` runs with these arguments. */
export function opaqueOf(program: string, args: readonly string[]): Opaque | undefined {
  return OPAQUE.find(({ programs, when }) => programs.test(program) && (when === undefined || when(args)));
}
