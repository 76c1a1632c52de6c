// The framed stream of an exec is taken apart whatever its pieces are.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DockerFrames, type DockerStreamName } from '../../../src/exec/dockerFrames.ts';

function frame(stream: DockerStreamName, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

describe('DockerFrames', () => {
  it('gives each stream its bytes, cut anywhere', () => {
    const streams = fc.constantFrom<DockerStreamName>('stdout', 'stderr');
    fc.assert(
      fc.property(fc.array(fc.tuple(streams, fc.uint8Array({ maxLength: 40 }))), fc.array(fc.nat(30)), (messages, cuts) => {
        const wire = Buffer.concat(messages.map(([stream, payload]) => frame(stream, payload)));
        const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
        const frames = new DockerFrames((stream, bytes) => got[stream].push(Buffer.from(bytes)));
        let at = 0;
        for (const cut of cuts) frames.push(wire.subarray(at, (at += cut)));
        frames.push(wire.subarray(at));
        for (const stream of ['stdout', 'stderr'] as const) {
          const sent = Buffer.concat(messages.filter(([name]) => name === stream).map(([, payload]) => Buffer.from(payload)));
          assert.deepEqual(Buffer.concat(got[stream]), sent);
        }
      }),
    );
  });

  it('hands on the beginning of a frame before its end came', () => {
    const got: string[] = [];
    const frames = new DockerFrames((_, bytes) => got.push(bytes.toString()));
    frames.push(frame('stdout', Buffer.from('half of it')).subarray(0, 12));
    assert.deepEqual(got, ['half']);
  });
});
