// A hub with all its parts: each answers at its place, and all of it ends at once.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { silentLog } from '../../../src/base/log.ts';
import { startWholeHub } from '../../../src/hub/server/wholeHub.ts';
import { addPerson, call } from '../../support/hubWorld.ts';

describe('a whole hub', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-hub-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('answers at every place, and closes all its sockets at its end', async () => {
    const hub = await startWholeHub({ host: '127.0.0.1', port: 0, dataFolder: folder, log: silentLog });
    const socketUrl = hub.url.replace('http', 'ws');
    try {
      const as = await addPerson(hub, 'member', 'acme');
      for (const [path, status] of [['/api/runners', 200], ['/api/tasks', 200], ['/api/agents', 200], ['/api/runner/sessions/none', 404], ['/api/me', 200]] as const) {
        assert.equal((await call(hub.url, 'GET', path, { as })).status, status, path);
        assert.equal((await call(hub.url, 'GET', path)).status, 401, path);
      }
      const { paths } = (await call(hub.url, 'GET', '/api/openapi.json')).body as { paths: object };
      for (const path of ['/api/runners/register', '/api/tasks', '/api/agents', '/api/runner/sessions']) assert.ok(path in paths, path);

      const registered = await call(hub.url, 'POST', '/api/runners/register', { as, body: { name: 'box', hostname: 'box', capabilities: [] } });
      const headers = { authorization: `Bearer ${String(registered.at('token'))}` };
      const runner = new WebSocket(`${socketUrl}/api/runners/ws/${String(registered.at('id'))}`, { headers });
      const live = new WebSocket(`${socketUrl}/api/live`, { headers: { authorization: `Bearer ${as.token}` } });
      const village = io(hub.url, { auth: { token: as.token }, transports: ['websocket'], reconnection: false });
      await Promise.all([once(runner, 'open'), once(live, 'open'), new Promise((resolve) => village.once('connect', () => resolve(undefined)))]);

      const gone = Promise.all([once(runner, 'close'), once(live, 'close'), new Promise((resolve) => village.once('disconnect', resolve))]);
      await hub.close();
      const [[runnerCode], [liveCode]] = (await gone) as [[number], [number], string];
      assert.deepEqual([runnerCode, liveCode], [1001, 1001]);
    } finally {
      await hub.close();
    }
  });
});
