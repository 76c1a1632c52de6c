// Looking for programs where agents would run: on this machine's PATH and in an image, with the versions that they tell.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { isAgentsError } from '../../../src/base/errors.ts';
import { LocalRuntime } from '../../../src/runtimes/local/localRuntime.ts';
import { needs } from '../../support/requirements.ts';
import { DockerPlace } from './docker/support/dockerPlace.ts';

describe('programs where agents would run', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'programs-'));
    chmodSync(folder, 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function program(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  describe('on this machine', () => {
    const path = process.env['PATH'];
    let runtime: LocalRuntime;
    before(() => {
      process.env['PATH'] = `${folder}${delimiter}${path ?? ''}`;
      runtime = new LocalRuntime({ socketName: 'programs', adoptedStorePath: join(folder, 'adopted.json') });
    });
    after(() => {
      process.env['PATH'] = path;
      runtime.dispose();
    });

    it('are found on the PATH, and asked for their version by argv', async () => {
      program('tells', 'for word do printf "<%s>" "$word" >> "$0.args"; done; echo "tells 1.2.3"');
      const facts = await runtime.findPrograms([{ program: 'tells', version: ['$(id)', 'two words'] }, { program: 'no-such-program', version: ['-V'] }]);
      assert.deepEqual([...facts], [['tells', { path: join(folder, 'tells'), version: '1.2.3' }]]);
      assert.equal(readFileSync(join(folder, 'tells.args'), 'utf8'), '<$(id)><two words>');
    });

    it('are asked once, and again when they have changed', async () => {
      const query = [{ program: 'counted', version: ['-V'] }];
      program('counted', 'echo x >> "$0.runs"; echo 1.0');
      await Promise.all([runtime.findPrograms(query), runtime.findPrograms(query)]);
      await runtime.findPrograms(query);
      assert.equal(readFileSync(join(folder, 'counted.runs'), 'utf8'), 'x\n');
      program('counted', 'echo "the new one: 2.0"');
      assert.equal((await runtime.findPrograms(query)).get('counted')?.version, '2.0');
    });

    it('that do not say their version are there all the same', async () => {
      program('mute', 'exit 3');
      program('reader', 'read line; echo "read: $line"');
      const facts = await runtime.findPrograms([{ program: 'mute', version: ['-V'] }, { program: 'reader', version: ['-V'] }, { program: 'sh' }]);
      assert.deepEqual(facts.get('mute'), { path: join(folder, 'mute') });
      assert.deepEqual(facts.get('reader'), { path: join(folder, 'reader') });
      assert.match(facts.get('sh')?.path ?? '', /\/sh$/);
    });
  });

  describe('in an image', function () {
    this.timeout(60_000);
    let place: DockerPlace;
    before(function () {
      needs(this, 'docker', 'image');
      place = new DockerPlace();
    });
    after(() => place?.dispose());

    it('are found as agents would find them, what the settings mount included; the container that looked is gone', async () => {
      program('mounted', 'echo "mounted 4.5.6 for $(id -u)"');
      const runtime = place.runtime({ user: '1000:1000', extraBinds: [`${folder}/mounted:/usr/local/bin/mounted`] });
      const queries = [{ program: 'mounted', version: ['-V'] }, { program: 'git', version: ['--version'] }, { program: 'no-such-program; touch /x' }];
      const removed = await place.docker.getEvents({ filters: { type: ['container'], event: ['destroy'], label: ['tmux-agents.probe=true'] } });
      try {
        const destroyed = new Promise((resolve) => removed.once('data', resolve));
        const facts = await runtime.findPrograms(queries);
        assert.deepEqual(facts.get('mounted'), { path: '/usr/local/bin/mounted', version: '4.5.6' });
        assert.match(facts.get('git')?.version ?? '', /^\d+\.\d+/);
        assert.equal(facts.size, 2);
        await destroyed;
        const started = performance.now();
        assert.deepEqual(await runtime.findPrograms(queries), facts);
        assert.ok(performance.now() - started < 200, 'remembered by the image');
      } finally {
        if (removed instanceof Readable) removed.destroy();
      }
      assert.deepEqual(await place.containers(), [], 'it was no agent');
    });

    it('cannot be told where there is no such image', async () => {
      await assert.rejects(place.runtime({ image: 'no-such-image-here:1' }).findPrograms([{ program: 'sh' }]), (error) => isAgentsError(error, 'not-found'));
    });
  });
});
