// What a command is about, for approvals: a table of programs, each with the words that make it so.
import type { EventApprovalCategory as ApprovalCategory } from '../../../protocol/runnerEvent.ts';
import { LOOKERS } from '../dangers.ts';
import type { Run } from './runs.ts';
import { bareWords, subcommandPlaces } from './subcommand.ts';

export interface CommandCategory {
  readonly category: ApprovalCategory;
  /** A half sentence. */
  readonly reason: string;
}

const GRAVEST: readonly ApprovalCategory[] = ['secrets', 'deploy', 'merge', 'deps_add', 'network', 'shell'];

/** Sorts the gravest first. */
export function graver(one: ApprovalCategory, other: ApprovalCategory): number {
  return GRAVEST.indexOf(one) - GRAVEST.indexOf(other);
}

type Test = (args: readonly string[], run: Run) => boolean;
interface Row {
  readonly programs: readonly string[];
  readonly when?: Test;
  readonly category: ApprovalCategory;
  readonly reason: string;
}

/** One of these runs of words is its subcommand. An option that is not known may have taken the first word for its own. */
const sub = (...names: readonly string[]): Test => (args) => {
  const words = bareWords(args);
  return subcommandPlaces(args).some((start) => names.some((name) => name.split(' ').every((word, index) => words[start + index] === word)));
};
const more = (test: Test, least: number): Test => (args, run) => test(args, run) && (bareWords(args).length >= least || run.open || unsure(run));
const unsure = ({ command }: Run): boolean => command.words.slice(1).some(({ plain }) => !plain);
const any = (pattern: RegExp): Test => (args) => args.some((arg) => pattern.test(arg));
const both = (...tests: readonly Test[]): Test => (args, run) => tests.every((test) => test(args, run));
const either = (...tests: readonly Test[]): Test => (args, run) => tests.some((test) => test(args, run));

/** Branches that others build on. */
export const SHARED_BRANCH = /^(?:main|master|trunk|develop|development|dev|production|prod|staging|stable|default|release(?:[/-].*)?|HEAD|@)$/;

/** A push that says no branch, one that is shared, or one that cannot be read. */
const pushesShared: Test = (args, run) => {
  if (!sub('push')(args, run)) return false;
  const refs = bareWords(args).slice(bareWords(args).indexOf('push') + 2);
  if (unsure(run) || run.open || any(/^--(?:all|mirror|branches)$/)(args, run) || refs.length === 0) return true;
  return refs.some((ref) => SHARED_BRANCH.test((ref.replace(/^\+/, '').split(':').at(-1) ?? '').replace(/^refs\/heads\//, '')));
};

const NODE = ['npm', 'pnpm', 'yarn', 'bun', 'cnpm', 'ni'];
const CLOUD = ['fly', 'flyctl', 'vercel', 'netlify', 'wrangler', 'heroku', 'railway', 'render', 'surge', 'firebase', 'eas', 'serverless', 'sls', 'sam', 'cdk', 'amplify', 'eb', 'gcloud', 'aws', 'az', 'doctl', 'dokku', 'kamal', 'cap', 'nomad', 'waypoint', 'sst', 'pulumi', 'now', 'modal', 'deployctl'];
const HARMLESS_CLOUD = /^(?:--version|-v|version|--help|-h|help|whoami|status|list|ls|logs|log|info|describe|get|show|preview|diff|plan|validate|dev|build|init|login|logout)$/;
const CLIENTS = ['curl', 'wget', 'wget2', 'http', 'https', 'xh', 'xhs', 'curlie', 'aria2c', 'axel', 'httpie', 'ftp', 'lftp', 'nc', 'ncat', 'netcat', 'telnet', 'socat', 'ping', 'dig', 'nslookup', 'host', 'traceroute', 'lynx', 'w3m', 'links', 'youtube-dl', 'yt-dlp', 'websocat', 'grpcurl', 'nmap', 'whois', 'rclone', 's3cmd', 'mc', 'gsutil', 'ipfs'];

export const COMMANDS: readonly Row[] = [
  { category: 'merge', programs: ['git'], when: sub('merge', 'merge-file', 'merge-tree'), reason: 'it merges' },
  { category: 'merge', programs: ['git'], when: pushesShared, reason: 'it pushes to a branch that others build on' },
  { category: 'merge', programs: ['git'], when: both(sub('update-ref', 'branch -f', 'symbolic-ref'), any(/(?:^|\/)(?:main|master|trunk|develop|production)$/)), reason: 'it moves a branch that others build on' },
  { category: 'merge', programs: ['git'], when: both(sub('branch'), any(/^(?:-[a-zA-Z]*[fMC][a-zA-Z]*|--force)$/), (args) => bareWords(args).some((word) => SHARED_BRANCH.test(word))), reason: 'it moves a branch that others build on' },
  { category: 'merge', programs: ['gh', 'glab', 'hub', 'tea', 'bb', 'az'], when: either(sub('pr merge', 'mr merge', 'merge', 'repos pr update', 'repo sync', 'pulls merge', 'pr update-branch'), both(sub('api'), any(/\/merges?\b|mergePullRequest|enablePullRequestAutoMerge|git\/refs/))), reason: 'it merges' },
  { category: 'merge', programs: ['hg', 'svn', 'jj', 'bzr', 'fossil'], when: sub('merge', 'push', 'commit', 'ci', 'git push'), reason: 'it merges, or changes what others have' },
  { category: 'deps_add', programs: NODE, when: either(more(sub('install', 'i', 'in', 'ins', 'isntall', 'add', 'a'), 2), both(sub('add', 'global add', 'link', 'dedupe', 'update', 'up', 'upgrade', 'import', 'audit fix', 'pkg set', 'install-test', 'it'))), reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['pip', 'pip2', 'pip3', 'pipx', 'easy_install', 'pipenv', 'poetry', 'pdm', 'uv', 'conda', 'mamba', 'micromamba', 'rye', 'hatch'], when: sub('install', 'add', 'pip install', 'tool install', 'inject', 'update', 'upgrade', 'download', 'env create', 'create'), reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['python', 'python3', 'python2', 'py', 'pypy3'], when: both(any(/^(?:-[A-Za-z]*m)$/), any(/^(?:pip|pipx|ensurepip|easy_install|uv|poetry|conda)$/), any(/^(?:install|add|download)$/)), reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['cargo'], when: sub('add', 'install', 'update', 'binstall'), reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['go'], when: either(sub('get', 'install', 'mod edit', 'mod tidy', 'mod download', 'work use')), reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['gem', 'bundle', 'bundler'], when: sub('install', 'add', 'update', 'fetch', 'inject'), reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['apt', 'apt-get', 'aptitude', 'yum', 'dnf', 'microdnf', 'zypper', 'brew', 'port', 'snap', 'flatpak', 'choco', 'scoop', 'winget', 'nix-env', 'guix', 'apk', 'xbps-install', 'emerge', 'opkg', 'pkg'], when: either(sub('install', 'add', 'in', 'reinstall', 'upgrade', 'full-upgrade', 'dist-upgrade', 'build-dep'), any(/^-(?:i|iA)/)), reason: 'it installs software' },
  { category: 'deps_add', programs: ['pacman', 'yay', 'paru'], when: any(/^(?:-[A-Za-z]*[SU]|--sync|--upgrade)/), reason: 'it installs software' },
  { category: 'deps_add', programs: ['dpkg', 'rpm'], when: any(/^(?:-[A-Za-z]*[iU]|--install|--upgrade|--unpack)/), reason: 'it installs software' },
  { category: 'deps_add', programs: ['composer', 'dotnet', 'nuget', 'mix', 'hex', 'rebar3', 'opam', 'cabal', 'stack', 'swift', 'pod', 'carthage', 'luarocks', 'cpan', 'cpanm', 'vcpkg', 'conan', 'deno', 'dart', 'flutter', 'pub', 'helm', 'nimble', 'rustup', 'jsr', 'ncu'], when: either(sub('require', 'install', 'add', 'add package', 'package add', 'pub add', 'update', 'get', 'deps.get', 'package update', 'repo add', 'toolchain install', 'component add', 'target add', 'tool install'), any(/^-u$/)), reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['cpan', 'cpanm'], reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['git'], when: sub('submodule add', 'subtree add'), reason: 'it adds a dependency' },
  { category: 'deps_add', programs: ['npx', 'bunx', 'pnpx', 'uvx', 'dlx'], reason: 'it may fetch a package and run it' },
  { category: 'deps_add', programs: NODE, when: sub('dlx', 'create', 'init', 'exec', 'x'), reason: 'it may fetch a package and run it' },
  { category: 'secrets', programs: ['printenv', 'env'], when: (args, run) => run.program === 'printenv' || !run.seenThrough, reason: 'it shows the environment, which may hold secrets' },
  { category: 'secrets', programs: ['set', 'export', 'declare', 'typeset', 'readonly', 'compgen'], when: (args, run) => (run.program === 'set' ? args.length === 0 : args.every((arg) => /^[-+]/.test(arg))), reason: 'it shows the environment, which may hold secrets' },
  { category: 'secrets', programs: ['security', 'pass', 'gopass', 'op', 'bw', 'lpass', 'gpg', 'gpg2', 'ssh-add', 'ssh-keygen', 'keyctl', 'secret-tool', 'vault', 'sops', 'age', 'chamber', 'doppler', 'infisical', 'aws-vault', 'kwallet-query', 'pass-cli', 'docker-credential-desktop'], reason: 'it handles keys or passwords' },
  { category: 'secrets', programs: ['git'], when: either(sub('credential', 'credential-store', 'credential-cache', 'crypt unlock', 'secret'), both(sub('config'), any(/credential|extraheader/i))), reason: 'it handles passwords' },
  { category: 'secrets', programs: ['gh', 'glab', 'gcloud', 'aws', 'az', 'heroku', 'kubectl', 'oc', 'docker', 'npm', 'vercel', 'fly', 'flyctl', 'wrangler', 'netlify', 'firebase'], when: sub('auth token', 'auth print-access-token', 'auth print-identity-token', 'auth application-default print-access-token', 'secretsmanager', 'ssm', 'sts', 'configure', 'account get-access-token', 'keyvault', 'auth:token', 'config', 'get secret', 'get secrets', 'describe secret', 'describe secrets', 'create secret', 'secret', 'secrets', 'token', 'env pull', 'env', 'env:get', 'secrets list', 'auth status', 'variable'), reason: 'it handles keys or passwords' },
  { category: 'deploy', programs: ['kubectl', 'oc'], when: sub('apply', 'create', 'delete', 'replace', 'patch', 'edit', 'scale', 'rollout', 'set', 'run', 'expose', 'drain', 'cordon', 'uncordon', 'taint', 'label', 'annotate', 'autoscale', 'exec', 'cp', 'debug', 'new-app', 'start-build'), reason: 'it changes what runs elsewhere' },
  { category: 'deploy', programs: ['helm', 'helmfile', 'kustomize', 'argocd', 'flux', 'skaffold', 'tilt', 'werf', 'devspace'], when: sub('install', 'upgrade', 'uninstall', 'delete', 'rollback', 'apply', 'sync', 'destroy', 'run', 'deploy', 'up', 'push', 'app sync', 'bootstrap', 'reconcile'), reason: 'it changes what runs elsewhere' },
  { category: 'deploy', programs: ['terraform', 'tofu', 'terragrunt', 'packer', 'cdktf'], when: sub('apply', 'destroy', 'import', 'taint', 'state', 'run-all', 'deploy', 'build', 'push', 'force-unlock'), reason: 'it changes what runs elsewhere' },
  { category: 'deploy', programs: ['ansible', 'ansible-playbook', 'ansible-pull', 'salt', 'salt-ssh', 'puppet', 'chef-client', 'knife', 'nixos-rebuild', 'deploy', 'mina', 'fab', 'rsync', 'scp', 'sftp', 'ssh', 'mosh', 'autossh', 'sshpass', 'eb'], reason: 'it reaches or changes another machine' },
  { category: 'deploy', programs: CLOUD, when: (args) => bareWords(args).length > 0 && !bareWords(args).slice(0, 3).some((word) => HARMLESS_CLOUD.test(word) || /^(?:get|list|describe)-/.test(word)), reason: 'it acts on a service' },
  { category: 'deploy', programs: ['vercel', 'now', 'surge', 'netlify'], when: (args) => bareWords(args).length === 0 && !any(HARMLESS_CLOUD)(args, NOTHING), reason: 'it deploys' },
  { category: 'deploy', programs: [...NODE, 'cargo', 'gem', 'twine', 'poetry', 'pdm', 'uv', 'flit', 'hatch', 'vsce', 'ovsx', 'lerna', 'nx', 'changeset', 'semantic-release', 'release-it', 'goreleaser', 'dart', 'flutter', 'mix', 'hex', 'jsr', 'deno', 'dotnet', 'nuget', 'mvn', 'gradle', './gradlew', 'gradlew', 'sbt', 'helm', 'conan', 'npx', 'electron-builder', 'cargo-release', 'np'], when: sub('publish', 'upload', 'push', 'release', 'deploy', 'unpublish', 'deprecate', 'yank', 'dist-tag', 'owner', 'npm publish', 'pub publish', 'hex.publish', 'nuget push', 'upload-dists', 'run deploy', 'run release', 'run publish'), reason: 'it publishes' },
  { category: 'deploy', programs: ['semantic-release', 'release-it', 'goreleaser', 'np'], reason: 'it publishes' },
  { category: 'deploy', programs: ['docker', 'podman', 'nerdctl', 'buildah', 'skopeo', 'crane', 'oras'], when: either(sub('push', 'image push', 'manifest push', 'copy', 'sync', 'compose push', 'stack deploy', 'service update', 'service create', 'swarm', 'buildx bake'), any(/^(?:--push|-H|--host(?:=.*)?)$/)), reason: 'it publishes an image' },
  { category: 'deploy', programs: ['gh', 'glab', 'hub'], when: sub('release create', 'release upload', 'release edit', 'release delete', 'workflow run', 'run rerun', 'deploy', 'ci run'), reason: 'it publishes, or starts a deployment' },
  { category: 'deploy', programs: ['make', 'gmake', 'just', 'task', 'rake'], when: any(/(?:^|[-_:])(?:deploy|release|publish|ship)(?:$|[-_:])/), reason: 'it names a deployment' },
  { category: 'deploy', programs: NODE, when: any(/^(?:deploy|release|publish)(?:[:-].*)?$/), reason: 'it names a deployment' },
  { category: 'network', programs: CLIENTS, reason: 'it reaches the network' },
  { category: 'network', programs: ['ssh', 'scp', 'sftp', 'rsync', 'mosh', 'autossh', 'sshpass'], when: (args, run) => run.program !== 'rsync' || unsure(run) || any(/:/)(args, run), reason: 'it reaches the network' },
  { category: 'network', programs: ['git'], when: sub('fetch', 'pull', 'push', 'clone', 'ls-remote', 'remote update', 'submodule update', 'submodule add', 'archive --remote', 'lfs pull', 'lfs fetch', 'lfs push', 'svn fetch', 'subtree pull', 'subtree push', 'send-email', 'imap-send'), reason: 'it reaches the network' },
  { category: 'network', programs: ['gh', 'glab', 'hub', 'tea', ...CLOUD, 'kubectl', 'helm', 'terraform', 'tofu', 'ansible', 'ansible-playbook'], when: (args) => !any(/^(?:--version|version|--help|-h|help)$/)(args, NOTHING), reason: 'it acts on a service' },
  { category: 'network', programs: NODE, when: sub('install', 'i', 'add', 'ci', 'update', 'upgrade', 'up', 'dlx', 'create', 'init', 'exec', 'x', 'audit', 'outdated', 'view', 'info', 'show', 'search', 'publish', 'login', 'ping', 'pack'), reason: 'it fetches packages' },
  { category: 'network', programs: ['npx', 'bunx', 'pnpx', 'uvx', 'pipx'], reason: 'it may fetch a package' },
  { category: 'network', programs: ['pip', 'pip3', 'uv', 'poetry', 'pdm', 'pipenv', 'conda', 'mamba', 'gem', 'bundle', 'brew', 'apt', 'apt-get', 'yum', 'dnf', 'apk', 'pacman', 'zypper', 'snap', 'flatpak', 'composer', 'go', 'cargo', 'rustup', 'dotnet', 'mix', 'pod', 'deno', 'nix', 'nix-env'], when: sub('install', 'add', 'get', 'sync', 'update', 'upgrade', 'fetch', 'download', 'restore', 'require', 'pip install', 'mod download', 'mod tidy', 'search', 'publish', 'push', 'deps.get'), reason: 'it fetches packages' },
  { category: 'network', programs: ['python', 'python3'], when: either(both(any(/^-m$/), any(/^(?:pip|http\.server|pipx)$/))), reason: 'it reaches the network' },
  { category: 'network', programs: ['docker', 'podman', 'nerdctl', 'skopeo', 'crane', 'buildah'], when: sub('pull', 'push', 'run', 'build', 'login', 'compose', 'search', 'copy'), reason: 'it fetches images or reaches the network' },
];

const NOTHING: Run = { program: '', args: [], seenThrough: false, open: false, command: { words: [], assigns: [], redirects: [], fedBy: [], fedByText: false, texts: [], substituted: false } };

/** Bash opens a connection where such a file is redirected to. */
const NETWORK_FILE = /^\/dev\/(?:tcp|udp)\//;

/** Everything that the command is about. */
export function categoriesOf(run: Run): readonly CommandCategory[] {
  const found: CommandCategory[] = COMMANDS.flatMap(({ programs, when, category, reason }) => (programs.includes(run.program) && (when === undefined || when(run.args, run)) ? [{ category, reason }] : []));
  if (run.command.redirects.some(({ target }) => target !== undefined && NETWORK_FILE.test(target.text))) found.push({ category: 'network', reason: 'it opens a connection' });
  return found;
}

/** A program that is about this, named in a text that cannot be read otherwise; those of `known` were judged by themselves. */
export function categoryNamed(category: ApprovalCategory, text: string, known: ReadonlySet<string>): string | undefined {
  const words = text.replace(/[\\'"]/g, '').split(/[^\w.-]+/);
  return words.find((word) => !known.has(word) && !LOOKERS.has(word) && COMMANDS.some((row) => row.category === category && row.programs.includes(word)));
}
