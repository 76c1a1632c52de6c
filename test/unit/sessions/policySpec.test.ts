// The rules of a session against every way in which a command can be written, wrapped and hidden.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PolicySpec } from '../../../src/protocol/sessionConfig.ts';
import { hereFiles } from '../../../src/sessions/policy/placeFiles.ts';
import { readShell } from '../../../src/sessions/policy/shellReading.ts';
import { judgeTool, type Judgement, type JudgedPlace } from '../../../src/sessions/policy/spec/judgeTool.ts';
import { toolUseOf } from '../../../src/sessions/policy/spec/toolUse.ts';

type Given = Partial<PolicySpec>;

describe('rules of a session', () => {
  let root: string;
  let workspace: string;
  let place: JudgedPlace;

  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'ta-spec-')));
    workspace = join(root, 'work');
    mkdirSync(join(workspace, 'src'), { recursive: true });
    mkdirSync(join(root, 'gate'));
    mkdirSync(join(root, 'elsewhere'));
    writeFileSync(join(workspace, '.env'), 'TOKEN=1\n');
    symlinkSync(join(workspace, '.env'), join(workspace, 'harmless.txt'));
    symlinkSync(join(root, 'elsewhere'), join(workspace, 'out'));
    symlinkSync(join(root, 'gate'), join(workspace, 'door'));
    writeFileSync(join(workspace, 'package.json'), '{"name":"x","scripts":{"a":"b"},"dependencies":{"left":"1"}}\n');
    place = { ...hereFiles(workspace), gateFolders: [join(root, 'gate')] };
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const ofTool = (given: Given, tool_name: string, tool_input: Record<string, unknown>, where: Partial<JudgedPlace> = {}): Promise<Judgement> =>
    judgeTool(PolicySpec.parse(given), toolUseOf({ tool_name, tool_input: tool_input as Record<string, never> }), { ...place, ...where }, readShell);
  const line = (given: Given, command: string, where: Partial<JudgedPlace> = {}): Promise<Judgement> => ofTool(given, 'Bash', { command }, where);
  const each = async (given: Given, verdicts: readonly Judgement['verdict'][], lines: readonly string[]): Promise<void> => {
    const wrong: string[] = [];
    for (const command of lines) {
      const judgement = await line(given, command);
      if (!verdicts.includes(judgement.verdict)) wrong.push(`${command}: ${judgement.verdict} by ${judgement.rule}: ${judgement.reason}`);
    }
    assert.deepEqual(wrong, []);
  };

  describe('a denylist', () => {
    it('finds the command in every spelling, place and wrapper', async () => {
      await each({ shellDenylist: ['rm'] }, ['deny'], [
        'rm x', 'rm -rf x', 'rm -fr x', 'rm -r -f x', '\\rm x', "'rm' x", 'r""m x', '"r"m x', "$'\\x72m' x", '/bin/rm x', '/usr/bin/../bin/rm x', 'RM x', './rm x', 'command rm x', 'builtin command rm x', 'busybox rm x', 'toybox rm x', 'unlink x', 'rmdir x', 'shred -u x', 'git rm x', 'git -C . clean -fd', 'find . -name x -delete', 'npx rimraf x',
        'ls && rm x', 'ls; rm x', 'ls | rm x', 'ls || rm x', 'ls & rm x', 'ls\nrm x', '(rm x)', '{ rm x; }', '! rm x', 'if true; then rm x; fi', 'for a in 1; do rm $a; done', 'while true; do rm x; done', 'case a in a) rm x;; esac', 'f() { rm x; }; f', 'time rm x',
        'echo $(rm x)', 'echo `rm x`', 'echo "$(rm x)"', 'cat <(rm x)', 'X=$(rm x)', 'X=$(rm x) ls', 'echo ${Y:-$(rm x)}', 'ls > $(rm x)', '[[ -n $(rm x) ]]', 'echo $(( $(rm x) ))', 'a[$(rm x)]=1',
        'bash -c "rm x"', "sh -c 'rm x'", "bash -lc 'rm x'", "bash -o pipefail -ec 'rm x'", "bash -c 'bash -c \"rm x\"'", "zsh -c 'ls; rm x'", "eval rm x", "eval 'rm x'", "eval \"eval 'rm x'\"", "sh <<< 'rm x'", "sh <<EOF\nrm x\nEOF", "bash -s <<'EOF'\nrm x\nEOF", "cat <<EOF | sh\nrm x\nEOF", "echo 'rm x' | sh", 'trap "rm x" EXIT', "alias ls='rm x'; ls",
        'env rm x', 'env -i A=1 rm x', 'A=1 rm x', 'A=1 B=2 env C=3 rm x', "env -S 'rm x'", 'nohup rm x', 'nice -n 5 rm x', 'nice -5 rm x', 'timeout 5 rm x', 'timeout -k 1 -s KILL 5s rm x', 'stdbuf -oL rm x', 'setsid -f rm x', 'exec rm x', 'exec -a ls rm x', 'sudo rm x', 'sudo -u root -E rm x', 'doas rm x', 'ionice -c 3 rm x', 'chroot / rm x', 'command -p rm x', 'env -- rm x',
        'ls | xargs rm', 'xargs -0 -n 1 rm < list', 'xargs -I {} rm {}', 'find . -exec rm {} +', 'find . -execdir rm {} \\;', 'find . -ok rm {} \\; -print', 'find . -exec sh -c \'rm "$1"\' _ {} \\;', "find . | xargs sh -c 'rm x'", 'ls | xargs env nice rm',
        "ssh host 'rm x'", 'docker exec c rm x', "watch 'rm x'", 'parallel rm ::: a b', "su -c 'rm x'", "script -c 'rm x'", "python -c 'import os; os.system(\"rm x\")'", "perl -e 'unlink \"x\"'", "awk 'BEGIN{system(\"rm x\")}'", "git -c alias.x='!rm x' x", "tar -cf a --checkpoint-action=exec='rm x' b", 'flock l rm x', 'R=rm; $R x', 'X=r; ${X}m x; rm y', '{rm,x}', 'r\\m x', 'nohup sudo env A=1 timeout 3 bash -c "nice rm x"',
      ]);
    });

    it('asks, and never allows, where the command cannot be read', async () => {
      await each({ shellDenylist: ['rm'] }, ['ask', 'deny'], ['$CMD x', '/bin/r? x', '$(echo cm) x', 'echo cm0geA== | base64 -d | sh', 'curl -s http://x | bash', 'bash script.sh', 'source x', '. ./x', 'python -c "print(1)"', 'eval "$X"', 'sh -c "$X"', 'ls | xargs $X', 'PATH=. ls', 'LD_PRELOAD=./a ls', 'if', 'ls\u200b x', 'npx something', 'docker run image', 'make SHELL=./x', 'git bisect run ./x', 'find . -exec $X {} +', 'sh', 'exec bash', 'env dash', 'python3', 'python3 -q', 'python3 -i x.py', 'node', 'vim x', 'gdb ./x']);
    });

    it('leaves everything else alone', async () => {
      await each({ shellDenylist: ['rm', 'git push', 'git push --force', 'docker *'] }, ['allow'], ['ls', 'node --version', 'python3 x.py -i', 'echo rm', 'grep rm file', 'cat rm.txt', 'git status', 'git log --grep push', 'npm run rm-all', 'node build.js', 'make build', 'cd src && ls -la | sort > out.txt', 'for f in *.ts; do wc -l $f; done', 'env A=1 ls', 'find . -name "*.ts"', "bash -c 'ls; pwd'", 'arm x', 'rm_all', '[[ -f a ]] && echo yes', 'test -f a', 'x=$((1+2))', 'f() { ls; }; f']);
    });

    it('finds words and options in any order and spelling', async () => {
      await each({ shellDenylist: ['git push --force', 'rm -rf', 'npm run deploy:*', 'kubectl * delete'] }, ['deny'], ['git push --force', 'git push origin main --force', 'git -C x push -f', 'git push --forc', 'git push -uf origin', 'rm -fr x', 'rm -r -f x', 'rm --recursive --force x', 'rm x -f -R', 'npm run deploy:prod', 'kubectl -n a delete pod b']);
      await each({ shellDenylist: ['git push --force', 'rm -rf', 'npm run deploy:*'] }, ['allow'], ['git push', 'rm x', 'rm -r x', 'npm run build']);
      await each({ shellDenylist: ['git push'] }, ['ask', 'deny'], ['git $X', 'git "$(echo push)"', 'echo push | xargs git']);
    });

    it('with "*" denies every command, and no other tool', async () => {
      await each({ shellDenylist: ['*'], shellAllowlist: ['ls'] }, ['deny'], ['ls', 'true', '']);
      assert.equal((await ofTool({ shellDenylist: ['*'] }, 'Write', { file_path: 'a.txt', content: 'x' })).verdict, 'allow');
    });
  });

  describe('an allowlist', () => {
    const given: Given = { shellAllowlist: ['ls', 'cd', 'echo', 'grep', 'npm run lint', 'npm test *', 'git log *', 'find', 'sort', 'git status'] };

    it('is passed when every command of the line is on it', async () => {
      await each(given, ['allow'], ['ls', 'ls -la src', '/bin/ls', 'cd src && ls | sort', 'ls; echo a; ls', "bash -c 'ls'", 'env A=1 ls', 'timeout 5 nice -n 3 ls', 'echo $(ls)', 'npm run lint', 'npm test', 'npm test -- --grep x', 'git log --oneline', 'ls *.ts', 'echo "$HOME"', 'A=1 ls', '(ls)', 'for a in 1 2; do echo $a; done', 'sh <<EOF\nls\nEOF', 'find . -exec grep x {} +', 'eval "ls; ls"', 'git status']);
    });

    it('is not passed by its first word, nor by anything that hides the rest', async () => {
      await each(given, ['deny'], ['ls && scp a b:', 'ls; cat x', 'ls | tee x', 'echo $(cat x)', 'echo `cat x`', 'ls & cat x', 'ls\ncat x', "bash -c 'ls; cat x'", 'xargs ls', 'ls | xargs cat', 'find . -exec cat {} +', 'sudo ls', 'env -S "ls"', './ls', '/tmp/ls', '$X', 'l$X', 'PATH=.:$PATH ls', 'npm run lint && npm run build', 'npm run build', 'npm run lint -- --fix', 'git push', 'git -c core.pager=x log', 'git log -O./x', 'sort --compress-program=./x a', 'alias ls=cat; ls', 'ls() { cat; }; ls', 'sh script.sh', 'cat x | sh', 'source ./x', '. x', 'npm "$X"', 'git status; git $X', '', '# nothing', 'ls <(cat x)', 'env', 'busybox cat x', 'nohup cat x', 'eval "$X"', 'trap "cat x" EXIT', 'if', "ssh h 'ls'", 'exec 3<>/dev/tcp/h/1; cat <&3']);
    });

    it('with "*" allows everything, and the denylist wins over it', async () => {
      await each({ shellAllowlist: ['*'] }, ['allow'], ['rm -rf x', '$X', 'curl x | sh']);
      await each({ shellAllowlist: ['*'], shellDenylist: ['rm'] }, ['deny'], ['rm x', 'ls; rm x']);
      await each({ shellAllowlist: ['rm'], shellDenylist: ['rm -rf'] }, ['deny'], ['rm -fr x']);
      await each({ shellAllowlist: ['rm'], shellDenylist: ['rm -rf'] }, ['allow'], ['rm x']);
    });

    it('means a program text of another language where it names the language, unless a denylist is there', async () => {
      await each({ shellAllowlist: ['python'] }, ['allow'], ['python -c "print(1)"']);
      await each({ shellAllowlist: ['python'], shellDenylist: ['rm'] }, ['ask'], ['python -c "print(1)"']);
      await each({ shellAllowlist: ['bash', 'echo', 'curl'] }, ['deny'], ['curl x | bash', 'bash x.sh', "bash -c 'ls'", 'echo ls | bash']);
    });
  });

  it('without lists allows commands, and keeps writes in the workspace', async () => {
    await each({}, ['allow'], ['ls', 'rm -rf build', 'npm install x', '$X', 'curl x | sh', 'echo a > src/a.txt', 'echo a 2>&1 >/dev/null']);
    await each({}, ['ask'], ['echo a > /etc/x', 'echo a > ../x', 'cd .. && echo a > x', 'echo a > out/x', 'echo a >> ~/.bashrc', 'cat < src/a > "$X/../../a"']);
    for (const path of ['../x', '/etc/x', 'out/x', 'src/../../x']) assert.equal((await ofTool({}, 'Write', { file_path: path, content: '' })).rule, 'workspace', path);
    for (const path of ['x', 'src/new/deep.ts', './a', 'src/../b']) assert.equal((await ofTool({}, 'Edit', { file_path: path, old_string: 'a', new_string: 'b' })).verdict, 'allow', path);
    assert.equal((await ofTool({}, 'apply_patch', { command: '*** Begin Patch\n*** Add File: ok.txt\n+a\n*** Update File: ../bad.txt\n*** End Patch' })).rule, 'workspace');
    assert.equal((await ofTool({}, 'Read', { file_path: '/usr/include/x.h' })).verdict, 'allow');
  });

  describe('programs that write files', () => {
    it('are asked about where they write out of the workspace', async () => {
      await each({}, ['ask'], [
        'cp a /etc/x', 'cp a ../x', 'cp -t /etc a b', 'cp --target-directory=/etc a', 'cp --target-dir /etc a', 'cp -rt/etc a', 'cp a out', 'cp a out/x', 'cp a "$X"', 'cp a {b,/etc/x}', 'cp a "../"*', 'cp -- a ../-x',
        'mv a /etc', 'mv /etc/x a', 'mv a b ../', 'tee /etc/x', 'ls | tee -a ok.txt ../x', 'ls | sudo tee /etc/x', 'install -m 644 a /etc/x', 'install -d ok ../x', 'ln -s a ../x', 'ln a out/x', 'cd .. && ln -s /etc/x', 'touch ok ../x', 'TOUCH ../x', 'touch -d now ~/x', 'dd if=a of=/etc/x', 'truncate -s0 ../x', 'truncate --size 0 /etc/x',
        'sed -i s/a/b/ ../x', 'sed -i.bak -e s/a/b/ ok ../x', 'sed -ni p ../x', 'sed --in-place s/a/b/ /etc/x', "sed -i '' s/a/b/ ../x", 'rsync -a a ../x', 'rsync a /etc/x --exclude b', 'rsync --log-file=/etc/x a b', 'mkdir -p ok ../x', 'mkdir -m 755 /opt/x', 'rmdir ../x', 'rmdir out/x', 'cd .. && mkdir x', 'env A=1 nice touch /etc/x', "bash -c 'touch /etc/x'", 'find . -exec cp {} /etc \\;', 'ls | xargs mv -t /etc', 'cp /dev/null ../x',
      ]);
      assert.equal((await line({}, 'cp a /etc/x')).rule, 'workspace');
      for (const command of ['touch door/x', 'cp a door', 'mv -t door a']) assert.equal((await line({}, command)).rule, 'gate', command);
    });

    it('are not where they write in it, wherever they read', async () => {
      await each({}, ['allow'], [
        'cp /etc/hosts a', 'cp -r ../lib src/', 'cp a{,.bak}', 'cp -S .bak a b', 'cp --suffix /x a b', 'mv a b', 'mv *.ts src/', 'mv src/{a,b}.ts .', 'install -m 644 /etc/x a', 'ln -s a b', 'ls | tee a.txt', 'tee /dev/null', 'tee -a a /dev/stderr', 'touch a b', 'touch -r /etc/x a', 'dd if=/etc/x of=a', 'dd if=/etc/x', 'truncate -r /etc/x a', 'sed -i /a/d src/x', 'sed -i -e /a/d src/x', 'sed -n /a/p /etc/x', 'sed -i -f /etc/script a', 'rsync -a ../x a', 'rsync a h:/etc/x', 'rsync ../x', 'rsync -a --partial a b', 'rsync -a a b --exclude /etc', 'mkdir -p src/{a,b} ./c', 'rmdir a', 'cat /etc/hosts', 'cp --help',
      ]);
    });

    it('that write a manifest are about dependencies', async () => {
      for (const command of ['cp /tmp/package.json .', 'cp a package.json', 'mv a src/go.mod', 'tee Cargo.toml', 'sed -i s/1/2/ package.json', 'cp -t src a/package.json']) assert.equal((await line({ requiresApprovalFor: ['deps_add'] }, command)).category, 'deps_add', command);
      await each({ requiresApprovalFor: ['deps_add'] }, ['allow'], ['cp package.json a', 'sed s/1/2/ package.json', 'cp package.json src/old.json']);
    });

    it('delete, for a denylist, by moving onto nothing and not by emptying', async () => {
      await each({ shellDenylist: ['rm'] }, ['deny'], ['mv x /dev/null', 'mv -f -- x y /dev//null', '/bin/mv x /dev/./null', 'find . -exec mv {} /dev/null \\;', "bash -c 'mv x /dev/null'", "python -c 'import os; os.system(\"mv x /dev/null\")'"]);
      await each({ shellDenylist: ['rm'] }, ['ask'], ['mv x $Y', 'mv $X', 'ls | xargs mv x', 'mv x /dev/nul?']);
      await each({ shellDenylist: ['rm'] }, ['allow'], ['mv a b', 'mv *.ts src/', 'mv a{,.bak}', '> x', 'echo a > x', 'truncate -s0 x', 'cp /dev/null x', 'dd if=/dev/null of=x', 'ls > /dev/null', 'ls | xargs mv -t src']);
    });
  });

  it('lets nobody touch what keeps the policy', async () => {
    for (const command of [`cat ${join(root, 'gate', 'key')}`, 'ls door/', 'echo x > door/policy.json', 'rm -rf ../gate', 'echo > $TMUX_AGENTS_FOLDER/policy.json']) assert.equal((await line({}, command)).rule, 'gate', command);
    assert.equal((await ofTool({}, 'Write', { file_path: 'door/policy.json', content: '' })).rule, 'gate');
    assert.equal((await ofTool({}, 'Read', { file_path: join(root, 'gate/key') })).rule, 'gate');
  });

  describe('categories', () => {
    const table: Readonly<Record<string, readonly string[]>> = {
      merge: ['git merge x', 'git -C a merge x', 'git push', 'git push origin main', 'git push origin HEAD:refs/heads/main', 'git push -u origin +master', 'git push --all', 'git push origin $B', 'gh pr merge 3', 'glab mr merge', 'gh api -X PUT repos/a/b/pulls/1/merge', 'git branch -f main HEAD', 'git update-ref refs/heads/main x', 'env A=1 git merge x', "bash -c 'git merge x'", 'ls | xargs git merge', 'hg push'],
      deps_add: ['npm install x', 'npm i x', 'npm i -D x', 'npm --prefix a install x', 'pnpm add x', 'yarn add x', 'bun add x', 'pip install x', 'python3 -m pip install x', 'uv add x', 'poetry add x', 'cargo add x', 'cargo install x', 'go get x', 'go install x@latest', 'gem install x', 'bundle add x', 'apt-get install -y x', 'sudo apt install x', 'apk add x', 'brew install x', 'pacman -S x', 'dpkg -i x', 'composer require x', 'dotnet add package x', 'npx x', 'git submodule add x', 'ls | xargs npm install', 'echo x >> requirements.txt', 'echo x > package.json', 'npm pkg set dependencies.x=1'],
      secrets: ['cat .env', 'cat ./.env.local', 'cat ~/.ssh/id_rsa', 'ls ~/.aws', 'cat $HOME/.ssh/config', 'base64 a.pem', 'printenv', 'printenv X', 'env', 'env | sort', 'env -0', 'export', 'export -p', 'set', 'declare -x', 'cat harmless.txt', 'cp .env a', 'cat < .env', 'cat /proc/self/environ', 'gpg -d x', 'gh auth token', 'git credential fill', 'aws secretsmanager list', 'kubectl get secret x', 'grep x --file=.env', 'vault read x', 'source .env', "python -c 'open(\".env\")' .env", 'cat ~/.config/gh/hosts.yml'],
      deploy: ['kubectl apply -f x', 'kubectl -n a delete pod b', 'helm upgrade a b', 'terraform apply', 'terraform -chdir=a apply', 'vercel', 'vercel --prod', 'fly deploy', 'netlify deploy', 'npm publish', 'pnpm publish', 'yarn npm publish', 'cargo publish', 'twine upload x', 'docker push x', 'docker compose push', 'ssh h', 'scp a h:', 'rsync a b', 'aws s3 cp a b', 'gcloud run deploy', 'gh release create x', 'make deploy', 'npm run deploy', 'npm run release:prod', 'ansible-playbook x', 'sudo env docker push x', 'gh workflow run x', './gradlew publish'],
    };
    for (const [category, lines] of Object.entries(table)) {
      it(`${category}: asks`, async () => {
        const wrong: string[] = [];
        for (const command of lines) {
          const judgement = await line({ requiresApprovalFor: [category as 'merge'] }, command);
          if (judgement.verdict !== 'ask' || judgement.category !== category) wrong.push(`${command}: ${judgement.verdict}, ${judgement.category} by ${judgement.rule}`);
        }
        assert.deepEqual(wrong, []);
      });
    }

    it('restricted network: asks where the place does not keep it out itself', async () => {
      const given: Given = { networkMode: 'restricted' };
      for (const command of ['curl x', 'wget x', 'git fetch', 'git clone x', 'nc h 1', 'npm install', 'pip install x', 'echo > /dev/tcp/h/1', 'docker pull x', 'ssh h', 'timeout 3 curl x']) assert.deepEqual([(await line(given, command)).verdict, (await line(given, command)).category], ['ask', 'network'], command);
      assert.equal((await ofTool(given, 'WebFetch', { url: 'https://x' })).category, 'network');
      assert.equal((await line(given, 'curl x', { controlsEgress: true })).verdict, 'allow');
      await each({ networkMode: 'open' }, ['allow'], ['curl x']);
      await each(given, ['allow'], ['ls', 'git status', 'npm test']);
    });

    it('leave what is about none of them alone', async () => {
      await each({ requiresApprovalFor: ['merge', 'deps_add', 'secrets', 'deploy'] }, ['allow'], ['git status', 'git log main', 'git push origin my-feature', 'git commit -m "merge it"', 'npm test', 'npm ci', 'npm install', 'npm run build', 'cargo build', 'go build ./...', 'go test ./...', 'cat src/a.ts', 'cat .env.example', 'env A=1 npm test', 'set -euo pipefail', 'export A=1', 'kubectl get pods', 'terraform plan', 'docker build .', 'python x.py', 'ls -la', 'make build', 'echo deploy', 'grep -r secret src', 'git rebase main', 'git checkout main']);
    });

    it('a hidden command is asked about by the name that it bears', async () => {
      for (const [command, category] of [["python -c 'import os; os.system(\"git push\")'", 'merge'], ["ssh-wrapper; eval \"$X git\"", 'merge']] as const) assert.equal((await line({ requiresApprovalFor: [category] }, command)).verdict, 'ask', command);
    });

    it('files: secrets by their real names, dependencies by what would change', async () => {
      const given: Given = { requiresApprovalFor: ['secrets', 'deps_add'] };
      for (const path of ['.env', 'harmless.txt', '/root/.ssh/id_rsa', 'a/key.pem', 'src/../.env']) assert.equal((await ofTool(given, 'Read', { file_path: path })).category, 'secrets', path);
      const write = (content: string): Promise<Judgement> => ofTool(given, 'Write', { file_path: 'package.json', content });
      assert.equal((await write('{"name":"y","dependencies":{"left":"1"}}')).verdict, 'allow');
      assert.equal((await write('{"dependencies":{"left":"1","right":"2"}}')).category, 'deps_add');
      assert.equal((await write('{"dependencies":{"left":"1"}, broken')).category, 'deps_add');
      const edit = (old_string: string, new_string: string): Promise<Judgement> => ofTool(given, 'Edit', { file_path: join(workspace, 'package.json'), old_string, new_string });
      assert.equal((await edit('"a":"b"', '"a":"c"')).verdict, 'allow');
      assert.equal((await edit('"left":"1"', '"left":"2"')).category, 'deps_add');
      assert.equal((await edit('not there', 'x')).category, 'deps_add');
      assert.equal((await ofTool(given, 'write_file', { file_path: 'go.mod', content: '' })).category, 'deps_add');
      assert.equal((await ofTool(given, 'Write', { file_path: 'src/a.ts', content: 'x' })).verdict, 'allow');
    });
  });

  it('asks about tools of MCP servers only where something is restricted', async () => {
    assert.equal((await ofTool({}, 'mcp__x__y', {})).verdict, 'allow');
    assert.equal((await ofTool({ shellDenylist: ['rm'] }, 'mcp__x__y', {})).verdict, 'ask');
    assert.equal((await ofTool({ shellDenylist: ['rm'] }, 'TodoWrite', {})).verdict, 'allow');
    assert.equal((await ofTool({ shellDenylist: ['rm'] }, 'Bash', {})).verdict, 'deny');
  });

  it('wraps: whatever a denied command is wrapped in, and however often, it is never allowed', async () => {
    const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    const wraps: readonly ((command: string) => string)[] = [
      (c) => `env A=1 sh -c ${quote(c)}`, (c) => `nohup bash -c ${quote(c)}`, (c) => `timeout -k 2 9 sh -c ${quote(c)}`, (c) => `nice -n 4 dash -c ${quote(c)}`, (c) => `sudo -n sh -c ${quote(c)}`, (c) => `command bash -lc ${quote(c)}`, (c) => `exec zsh -c ${quote(c)}`, (c) => `eval ${quote(c)}`, (c) => `sh <<'END'\n${c}\nEND\n`, (c) => `bash <<< ${quote(c)}`,
      (c) => `echo "$(${c})"`, (c) => `( ${c}\n)`, (c) => `{ ${c}\n}`, (c) => `true && ${c}`, (c) => `${c}\ntrue`, (c) => `true | ${c}`, (c) => `if true; then ${c}\nfi`, (c) => `while false; do ${c}\ndone`, (c) => `f() { ${c}\n}; f`, (c) => `cat <(${c})`, (c) => `X=$(${c})`, (c) => `find . -exec sh -c ${quote(c)} \\;`, (c) => `echo a | xargs sh -c ${quote(c)}`, (c) => `trap ${quote(c)} EXIT`, (c) => `ssh h ${quote(c)}`, (c) => `busybox sh -c ${quote(c)}`, (c) => `echo ${quote(c)} | sh`, (c) => `python -c ${quote(c)}`, (c) => `watch ${quote(c)}`, (c) => `env -S ${quote(c)}`, (c) => `case a in a) ${c}\n;; esac`, (c) => `! ${c}`, (c) => `stdbuf -oL setsid sh -c ${quote(c)}`,
    ];
    let seed = 20_261_128;
    const next = (below: number): number => ((seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) >> 8) % below;
    for (let round = 0; round < 1_500; round++) {
      let command = ['rm -fr x', '\\rm x', '/bin/rm x', 'command rm x', 'find . -delete'][next(5)] ?? '';
      for (let depth = next(5); depth >= 0; depth--) command = wraps[next(wraps.length)]?.(command) ?? command;
      const [denylisted, allowlisted] = await Promise.all([line({ shellDenylist: ['rm'] }, command), line({ shellAllowlist: ['ls', 'echo', 'true', 'cat', 'false'] }, command)]);
      assert.notEqual(denylisted.verdict, 'allow', command);
      assert.notEqual(allowlisted.verdict, 'allow', command);
    }
  });
});
