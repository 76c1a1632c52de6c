// A client that reads slower than its agents speak is dropped before it costs the hub its memory; it connects anew.
import type { EventEmitter } from 'node:events';
import type { Log } from '../../base/log.ts';
import type { VillageClient } from './socketDoor.ts';

/** What may wait for one client: packets, and their characters. */
export const WAITING = { packets: 5_000, characters: 8 * 1024 * 1024 } as const;

export function dropWhenSlow({ conn, data }: VillageClient, log: Log): void {
  let packets = 0;
  let characters = 0;
  // engine.io says when a packet is made, and when all that wait are handed to the network, which takes no more until they are written.
  const connection: EventEmitter = conn;
  connection.on('packetCreate', (packet: { readonly data?: unknown }) => {
    packets++;
    if (typeof packet.data === 'string') characters += packet.data.length;
    if (packets <= WAITING.packets && characters <= WAITING.characters) return;
    packets = characters = 0;
    log.info(`A village's client of ${data.principal.name} reads too slowly and was dropped.`);
    // What waits goes with it: it would wait for ever.
    conn.close(true);
  });
  connection.on('flush', () => {
    packets = characters = 0;
  });
}
