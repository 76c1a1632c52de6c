// Prompts into containers: every byte arrives, and each agent gets its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerRuntime } from '../../../../src/runtimes/docker/dockerRuntime.ts';
import type { AgentHandle } from '../../../../src/runtimes/types.ts';
import { needs } from '../../../support/requirements.ts';
import { agentWhen } from './support/agentWhen.ts';
import { DockerPlace } from './support/dockerPlace.ts';

describe('prompts for agents in containers', function () {
  this.timeout(60_000);
  let place: DockerPlace;
  let runtime: DockerRuntime;

  before(function () {
    needs(this, 'docker', 'image');
  });
  beforeEach(() => {
    place = new DockerPlace();
    runtime = place.runtime();
  });
  afterEach(() => place.dispose());

  /** Gives a text to an agent that keeps the bytes it gets, Enter included, in a file. */
  async function deliver(handle: AgentHandle, text: string): Promise<void> {
    await runtime.getTmux(handle).sendPrompt(await runtime.getPane(handle), text);
  }

  async function spawnReader(bytes: number, file: string): Promise<AgentHandle> {
    const handle = await runtime.spawnAgent(place.config(`stty raw -echo; echo listening; head -c ${bytes} > ${file}`));
    const tmux = runtime.getTmux(handle);
    const pane = await runtime.getPane(handle);
    await new Promise<void>((resolve, reject) => {
      tmux.onPaneOutput(pane, (out) => out.includes('listening') && resolve());
      tmux.capture(pane, { lines: 'all' }).then((shown) => shown.includes('listening') && resolve(), reject);
    });
    return handle;
  }

  async function arrived(handle: AgentHandle, file: string): Promise<string> {
    await agentWhen(runtime, handle.agentId, ({ status }) => status === 'exited');
    return readFileSync(join(place.folder, file), 'utf8');
  }

  for (const [name, text] of Object.entries({
    quotes: `"double" 'single' \`back\``,
    'shell code': '$(touch /tmp/x) && rm -rf ~; ${HOME} | & > <',
    'a semicolon at the end': 'do this;',
    'tmux formats': '#{pane_id} #(id) #[fg=red]',
    'letters of the world': 'äöü 漢字 🙂 e\u0301',
  })) {
    it(`arrive byte for byte: ${name}`, async () => {
      const handle = await spawnReader(Buffer.byteLength(text) + 1, 'got');
      await deliver(handle, text);
      assert.equal(await arrived(handle, 'got'), `${text}\r`);
    });
  }

  it('arrive byte for byte: 1 MB of lines', async () => {
    const text = Array.from({ length: 20_000 }, (_, line) => `line ${line}: "quoted" $(no) \`no\` ; 0123456789 abcdefghij`).join('\n').slice(0, 1024 ** 2);
    const handle = await spawnReader(Buffer.byteLength(text) + 1, 'got');
    await deliver(handle, text);
    const got = await arrived(handle, 'got');
    assert.equal(got.length, text.length + 1);
    // A terminal gives its program the Enter key for a line's end.
    assert.ok(got.replaceAll('\r', '\n') === `${text}\n`);
  });

  it('reach each its own agent when sent at the same instant', async () => {
    const texts = ['for the first one', 'for the other on'];
    const handles = await Promise.all(texts.map((text, index) => spawnReader(text.length + 1, `got${index}`)));
    await Promise.all(handles.map((handle, index) => deliver(handle, texts[index] ?? '')));
    const got = await Promise.all(handles.map((handle, index) => arrived(handle, `got${index}`)));
    assert.deepEqual(got, texts.map((text) => `${text}\r`));
  });
});
