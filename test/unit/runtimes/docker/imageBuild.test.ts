// The build of the image: which arguments, which lines, and how it fails.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { LocalExecutor } from '../../../../src/exec/localExecutor.ts';
import { buildImage, imageBuildArgv } from '../../../../src/runtimes/docker/imageBuild.ts';

describe('building the image', () => {
  let folder: string;
  let script: string;
  const executor = new LocalExecutor();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'image build '));
    script = join(folder, 'build.sh');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('asks for no more than it is told', () => {
    assert.deepEqual(imageBuildArgv({ script: '/p/build.sh' }), ['sh', '/p/build.sh']);
  });

  it('passes everything on as arguments', () => {
    const argv = imageBuildArgv({ script: '/p q/build.sh', image: 'mine:1', bootstrap: true, agents: ['@a/b', 'c'], ca: '/ca file', noCache: true });
    assert.deepEqual(argv, ['sh', '/p q/build.sh', '--tag', 'mine:1', '--bootstrap', '--agents', '@a/b c', '--ca', '/ca file', '--no-cache']);
  });

  it('gives whole lines as they come, the last one without its end too', async () => {
    writeFileSync(script, 'printf "Step 1\\nStep"; printf " 2\\r\\nünd 3"; echo warning >&2');
    const lines: string[] = [];
    await buildImage(executor, { script }, (line) => lines.push(line));
    assert.deepEqual(lines.sort(), ['Step 1', 'Step 2', 'warning', 'ünd 3']);
  });

  it('fails with what was printed last', async () => {
    writeFileSync(script, 'echo "The Docker daemon does not answer." >&2; exit 1');
    await assert.rejects(
      buildImage(executor, { script }, () => undefined),
      (error) => isAgentsError(error, 'docker-failed') && error.message.includes('The Docker daemon does not answer.'),
    );
  });

  it('can be cancelled', async () => {
    writeFileSync(script, 'echo begun; exec sleep 30');
    const cancel = new AbortController();
    const building = buildImage(executor, { script }, () => cancel.abort(), cancel.signal);
    await assert.rejects(building, (error) => isAgentsError(error, 'cancelled'));
  });
});
