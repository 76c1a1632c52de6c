// What a village is told beside its sessions' events, said to all of the hub's processes: each tells its own clients.
import * as z from 'zod';
import type { Disposable } from '../../base/disposable.ts';
import { AgentDisconnect, AgentSpawn } from '../../protocol/hubWire/villageSocket.ts';
import type { Bus } from '../parts.ts';

const TOPIC = 'village.announced';

const Announcement = z.object({ orgId: z.string(), villageId: z.string(), ownerIds: z.array(z.string()), spawn: AgentSpawn.optional(), disconnect: AgentDisconnect.optional() });
export type Announcement = z.infer<typeof Announcement>;

export class Announcements {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  tell(announcement: Announcement): void {
    this.#bus.publish(TOPIC, announcement);
  }

  hear(listener: (announcement: Announcement) => void): Disposable {
    return this.#bus.subscribe(TOPIC, (message) => {
      const { data } = Announcement.safeParse(message);
      if (data !== undefined) listener(data);
    });
  }
}
