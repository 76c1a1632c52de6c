// Where the words of a command line stop being options: its subcommand, and what follows it.

/** Options that take a word of their own before the subcommand. */
const VALUES = /^(?:-C|-c|--git-dir|--work-tree|--namespace|--config-env|--prefix|--cwd|--dir|--filter|-F|-w|--workspace|--context|-H|--host|--config|-n|--kubeconfig|--cluster|--user|-R|--repo|-l|--log-level|-p|--profile|--region|--project|--manifest-path|-Z|--color|--registry|--token|-f|--file|-u)$/;

/** The words that are no options, nor the values of those before the subcommand. */
export function bareWords(args: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (words.length === 0 && VALUES.test(arg)) index++;
    else if (!arg.startsWith('-')) words.push(arg);
  }
  return words;
}

/** Where the subcommand may stand among the bare words: an option that is not known may have taken the first for its own. */
export function subcommandPlaces(args: readonly string[]): readonly number[] {
  return args[0]?.startsWith('-') === true ? [0, 1] : [0];
}
