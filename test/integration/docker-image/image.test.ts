// The image as agents meet it: every tool, a user for any uid, a home that can be written, tmux with our options.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageState } from '../../../scripts/ensureImage.mjs';
import { needs } from '../../support/requirements.ts';
import { IMAGE, inContainer, run } from './container.ts';

/** The image's own user, root, and somebody nobody has heard of. */
const users = ['1000:1000', '0:0', '4321:8765'];

describe('the agents\' image', function () {
  this.timeout(60_000);
  before(function () {
    needs(this, 'docker', 'image');
  });

  it('is made from the docker folder as it is now', async () => {
    assert.deepEqual(await imageState({ tag: IMAGE }), { state: 'current', ok: true, sentence: `The image ${IMAGE} is there and current.` });
  });

  it('runs as a user that is not root, with no entrypoint and a command that ends', async () => {
    const config = JSON.parse(await run('docker', ['image', 'inspect', '--format', '{{json .Config}}', IMAGE])) as { User: string; Entrypoint?: unknown; Labels: Record<string, string> };
    assert.equal(config.User, 'agent');
    assert.equal(config.Entrypoint ?? null, null);
    assert.equal(config.Labels['tmux-agents.image'], '1');
    assert.match(config.Labels['org.opencontainers.image.version'] ?? '', /^\d+\.\d+\.\d+$/);
    assert.notEqual(await run('docker', ['run', '--rm', '--network', 'none', IMAGE, 'id', '-u']), '0');
    assert.equal(await run('docker', ['run', '--rm', '--network', 'none', IMAGE]), '');
  });

  it('has every tool', async () => {
    const tools = ['tmux', 'git', 'ssh', 'ssh-keygen', 'rg', 'jq', 'curl', 'ps', 'less', 'node', 'npm', 'npx', 'bash'];
    const found = await inContainer(`for tool in ${tools.join(' ')}; do command -v "$tool" >/dev/null && echo "$tool"; done`);
    assert.deepEqual(found.split('\n'), tools);
  });

  it('has tmux 3.2 or newer and a Node with long-term support', async () => {
    const [tmux = '', node = ''] = (await inContainer('tmux -V; node -p "JSON.stringify([process.version, process.release.lts ?? null])"')).split('\n');
    const [, major = '0', minor = '0'] = /^tmux (\d+)\.(\d+)/.exec(tmux) ?? [];
    assert.ok(Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 2), tmux);
    const [version, lts] = JSON.parse(node) as [string, string | null];
    assert.ok(Number(version.slice(1).split('.')[0]) >= 22, version);
    assert.notEqual(lts, null, `${version} is not a release with long-term support`);
  });

  it('speaks UTF-8', async () => {
    assert.equal(await inContainer('locale charmap; printf "é" | wc -m'), 'UTF-8\n1');
  });

  for (const user of users) {
    describe(`as ${user}`, () => {
      it('knows the user by name, also to Node', async () => {
        const [uid] = user.split(':');
        const name = uid === '0' ? 'root' : 'agent';
        assert.equal(await inContainer('whoami; node -p "os.userInfo().username + os.userInfo().uid"', { user }), `${name}\n${name}${uid}`);
      });

      it('writes to its home, to the folders CLIs use, and to the workspace', async () => {
        const script = 'for folder in "$HOME" "$HOME/.config" "$HOME/.cache" "$HOME/.local/share" "$HOME/.local/state" "$HOME/.local/bin" /workspace /tmp; do mkdir "$folder/new" && touch "$folder/new/file"; done; echo written';
        assert.equal(await inContainer(script, { user }), 'written');
      });

      it('commits with git, whose author it is', async () => {
        const script = 'git init -q -b main repo; cd repo; git config --global user.email agent@example.invalid; git config --global user.name Agent; echo x > x; git add x; git commit -qm "A commit"; git log --format="%an %s"';
        assert.equal(await inContainer(script, { user }), 'Agent A commit');
      });

      it('runs tmux with the options of /etc/tmux.conf, and a dead program\'s pane stays', async () => {
        const script = [
          'tmux new-session -d -s agent "tmux wait-for go; exit 7"',
          'tmux show-options -gv history-limit',
          'tmux show-options -gv mouse',
          'tmux show-options -sv escape-time',
          'tmux wait-for -S go',
          // tmux 3.3a may lose the signal of the death, and its hook with it, until another child of the server ends.
          'for attempt in $(seq 100); do tmux run-shell true; pane=$(tmux list-panes -a -F "#{pane_dead} #{pane_dead_status}"); [ "$pane" != "1 7" ] || break; done',
          'echo "$pane"',
        ].join('\n');
        assert.equal(await inContainer(script, { user }), '50000\non\n10\n1 7');
      });

      it('makes an SSH key and reads its own configuration', async () => {
        const script = 'mkdir -m 700 "$HOME/.ssh"; ssh-keygen -q -t ed25519 -N "" -f "$HOME/.ssh/id_ed25519"; printf "Host box\\n  HostName box.example.invalid\\n" > "$HOME/.ssh/config"; ssh -G box | grep "^hostname "; ssh -G box | grep -c "^user "';
        const lines = (await inContainer(script, { user })).split('\n');
        // ssh takes the home from the password database, not from HOME: both must be the same.
        assert.deepEqual(lines, ['hostname box.example.invalid', '1']);
      });
    });
  }

  it('gives a name to nobody but the user that runs', async () => {
    assert.equal(await inContainer('getent passwd 999999 || echo nobody; getent passwd stranger || echo nobody', { user: '4321:8765' }), 'nobody\nnobody');
  });

  it('stays writable around folders that Docker makes for mounts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-image-'));
    try {
      const mount = ['--mount', `type=bind,source=${folder},target=/home/agent/.config/opencode,readonly`];
      const script = 'touch "$HOME/.config/other"; touch "$HOME/.config/opencode/x" 2>/dev/null || echo read-only';
      assert.equal(await run('docker', ['run', '--rm', '--network', 'none', '--user', '4321:8765', ...mount, IMAGE, 'sh', '-euc', script]), 'read-only');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
