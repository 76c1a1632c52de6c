// The bus of a hub that is one process: what is published comes back to the subscribers here, a turn later.
import { randomUUID } from 'node:crypto';
import { AgentsError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import type { OpenBus } from './openBus.ts';
import { Methods, Topics } from './topics.ts';

export function memoryBus(log: Log): OpenBus {
  const processId = randomUUID();
  const topics = new Topics(log);
  const methods = new Methods();
  const lost = new Emitter<string>();
  const missed = new Emitter<void>();
  return {
    processId,
    publish: (topic, message) => queueMicrotask(() => topics.tell(topic, message)),
    subscribe: (topic, listener) => topics.subscribe(topic, listener),
    call: async (to, method, params) => {
      if (to !== processId) throw new AgentsError('disconnected', 'That process of the hub is gone.');
      return await methods.answer(method, params);
    },
    serve: (method, answer) => methods.serve(method, answer),
    onDidLose: lost.event,
    onDidMiss: missed.event,
    close: () => {
      lost.dispose();
      missed.dispose();
      return Promise.resolve();
    },
  };
}
