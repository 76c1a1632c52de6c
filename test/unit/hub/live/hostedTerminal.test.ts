// A watched terminal's ring and screen: what a watcher begins with, whenever it comes.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { HostedTerminal } from '../../../../src/hub/live/hostedTerminal.ts';
import type { TerminalMessage } from '../../../../src/hub/live/terminalMessages.ts';

describe('a watched terminal', () => {
  const make = (): { readonly terminal: HostedTerminal; readonly told: TerminalMessage[] } => {
    const told: TerminalMessage[] = [];
    return { terminal: new HostedTerminal({ open: () => undefined, tell: (message) => void told.push(message) }), told };
  };
  const frame = (data: string, more: { readonly reset?: boolean; readonly columns?: number; readonly rows?: number } = {}) => ({ type: 'terminal' as const, session_id: 's', data, ...more });

  it('shows nothing of what came before its screen', async () => {
    const { terminal, told } = make();
    terminal.take(frame('too early'));
    const joining = terminal.join(undefined);
    terminal.take(frame('$ ', { reset: true, columns: 20, rows: 3 }));
    const { screen } = await joining;
    assert.deepEqual([screen?.data.trimEnd(), screen?.columns, screen?.rows], ['$', 20, 3]);
    assert.deepEqual(told.map(({ kind }) => kind), ['reset']);
  });

  it('puts into a snapshot what its number says, and nothing of what follows', async () => {
    const { terminal, told } = make();
    terminal.take(frame('', { reset: true, columns: 200, rows: 5 }));
    const joins = [];
    for (let n = 0; n < 50; n++) {
      terminal.take(frame(`${n},`));
      joins.push(terminal.join(undefined));
    }
    const first = told[0]?.kind === 'reset' ? told[0].seq : 0;
    for (const { screen } of await Promise.all(joins)) {
      assert.ok(screen);
      assert.equal(screen.data, Array.from({ length: screen.seq - first }, (_, n) => `${n},`).join(''));
    }
  });

  it('goes on after a number that the ring has, and draws anew after any other', async () => {
    const { terminal, told } = make();
    terminal.take(frame('', { reset: true }));
    for (let n = 0; n < 10; n++) terminal.take(frame('x'.repeat(60_000)));
    const numbers = told.flatMap((message) => (message.kind === 'data' ? [message.seq] : []));
    const last = numbers.at(-1) ?? 0;
    assert.deepEqual((await terminal.join(last - 2)).chunks?.map(({ seq }) => seq), [last - 1, last]);
    assert.deepEqual((await terminal.join(last)).chunks, []);
    for (const after of [last - 9, last + 1, 0]) assert.ok((await terminal.join(after)).screen, String(after));
  });

  it('lets nobody wait for a terminal that is closed', async () => {
    const { terminal } = make();
    const joining = terminal.join(undefined);
    terminal.dispose();
    await assert.rejects(joining, (error) => isAgentsError(error, 'disconnected'));
  });
});
