// Commands and their answers on one stream: pipelined, in order, and none left waiting.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import { ControlClient } from '../../../src/tmux/controlClient.ts';
import { FakeStream } from './fakeStream.ts';

function connect(): { stream: FakeStream; client: ControlClient; ended: string[] } {
  const stream = new FakeStream();
  const ended: string[] = [];
  const client = new ControlClient(stream, { output: () => undefined, wantsOutput: () => false, notification: () => undefined, ended: (error) => ended.push(error.message) });
  stream.say('%begin 1 1 0\n%end 1 1 0\n');
  return { stream, client, ended };
}

const text = (bodies: readonly Buffer[]): string[] => bodies.map((body) => body.toString());

describe('ControlClient', () => {
  it('answers pipelined commands in order, blocks of others between them ignored', async () => {
    const { stream, client } = connect();
    await client.ready;
    const answers = [client.send([['one', 'a b']]), client.send([['two'], ['three']]), client.send([['four']])];
    assert.deepEqual(stream.written, ['one "a b"\n', 'two ; three\n', 'four\n']);
    stream.say('%begin 1 2 1\n1\n%end 1 2 1\n%begin 1 3 0\nhook\n%end 1 3 0\n%begin 1 4 1\n2\n%end 1 4 1\n%window-add @1\n%begin 1 5 1\n3\n%end 1 5 1\n%begin 1 6 1\n%end 1 6 1\n');
    assert.deepEqual((await Promise.all(answers)).map(text), [['1'], ['2', '3'], ['']]);
  });

  it('ends a line of commands at the first that fails, and answers the next line', async () => {
    const { stream, client } = connect();
    const failing = client.send([['new-session'], ['never']]);
    const next = client.send([['next']]);
    stream.say('%begin 1 2 1\nduplicate session: x\n%error 1 2 1\n%begin 1 3 1\nok\n%end 1 3 1\n');
    await assert.rejects(failing, (error) => isAgentsError(error, 'name-taken'));
    assert.deepEqual(text(await next), ['ok']);
  });

  it('refuses what cannot be sent without upsetting the order', async () => {
    const { stream, client } = connect();
    await assert.rejects(client.send([['a\0']]), (error) => isAgentsError(error, 'bad-input'));
    const next = client.send([['next']]);
    stream.say('%begin 1 3 1\nok\n%end 1 3 1\n');
    assert.deepEqual(text(await next), ['ok']);
  });

  it('gives up a server that does not answer: the stream is closed, everybody waiting is told', async () => {
    const { stream, client, ended } = connect();
    const slow = client.send([['slow']], { timeoutMs: 20 });
    const behind = client.send([['behind']]);
    await assert.rejects(slow, (error) => isAgentsError(error, 'timeout'));
    await assert.rejects(behind, (error) => isAgentsError(error, 'disconnected'));
    assert.equal(stream.disposed, true);
    assert.equal(ended.length, 1);
    await assert.rejects(client.send([['late']]), (error) => isAgentsError(error, 'disconnected'));
  });

  it('says why the stream ended', async () => {
    const { stream, client, ended } = connect();
    const waiting = client.send([['one']]);
    stream.say('%exit server exited\n');
    stream.exit({ code: 0 });
    await assert.rejects(waiting, (error) => isAgentsError(error, 'disconnected') && error.message.includes('server exited'));
    assert.equal(ended.length, 1);
  });

  it('is not ready when the first block is an error', async () => {
    const stream = new FakeStream();
    const client = new ControlClient(stream, { output: () => undefined, wantsOutput: () => false, notification: () => undefined, ended: () => undefined });
    stream.say('%begin 1 1 0\nno sessions\n%error 1 1 0\n');
    await assert.rejects(client.ready, (error) => isAgentsError(error, 'tmux-failed') && error.message.includes('no sessions'));
  });
});
