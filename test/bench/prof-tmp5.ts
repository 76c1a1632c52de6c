import { RuntimeManager, DockerRuntime } from '../../src/public/runtimes.ts';
import { DockerPlace } from '../integration/runtimes/docker/support/dockerPlace.ts';
import { each } from './agents.ts';
import { setTimeout as pause } from 'node:timers/promises';
const place = new DockerPlace();
const manager = new RuntimeManager();
const L = (l: string) => (m: string) => console.log(performance.now().toFixed(0), l, m);
const log = { trace: L('t'), debug: L('d'), info: L('i'), warn: L('w'), error: L('e') };
manager.register('docker', place.runtime({ log }));
const w = manager.watch();
const hs: any[] = [];
await each(Array.from({length:25},(_,i)=>i), 4, async () => { hs.push(await manager.spawnAgent('docker', place.config())); });
console.log(performance.now().toFixed(0), 'spawned');
for (const h of hs) { const t = manager.getTmux(h); t.onDidChangeConnection((s) => console.log(performance.now().toFixed(0), h.agentId, JSON.stringify(s), (s as any).error?.message, (s as any).error?.cause?.message)); t.onDidNotify((n) => console.log(performance.now().toFixed(0), JSON.stringify(n))); }
const ev: any = await place.docker.getEvents({ filters: { label: [`tmux-agents.owner=${place.owner}`] } });
ev.on('data', (d: any) => console.log(performance.now().toFixed(0), 'EV', String(d).slice(0, 150)));
setInterval(() => { const c = process.cpuUsage(); void c; }, 1000).unref();
await pause(Number(process.argv[2] ?? 70) * 1000);
ev.destroy(); w.dispose(); manager.dispose(); await place.dispose(); process.exit(0);
