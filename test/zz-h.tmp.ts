import { DockerPlace } from './integration/runtimes/docker/support/dockerPlace.ts';
import { PrivateEngine } from './integration/runtimes/docker/support/privateEngine.ts';
const t0=performance.now(); const p=(...a:any[])=>console.log((performance.now()-t0).toFixed(0),...a);
const log = {trace(){},debug(m:string){p('D',m)},info(m:string){p('I',m)},warn(m:string){p('W',m)},error(m:string){p('E',m)}};
const e = new PrivateEngine(); await e.start(); p('started'); await e.load(); p('loaded');
const place = new DockerPlace({socketPath:e.socketPath,image:e.image});
const r = place.runtime({log});
r.onDidChangeAgents(c=>p('  change', c.type, c.agent.status, 'reason' in c.agent ? c.agent.reason:''));
r.onDidChangeHealth(c=>p('  health', c?.message));
const w=r.watch();
try {
const h=await r.spawnAgent(place.config('echo ready; exec cat')); p('spawned');
setTimeout(async()=>{p('bye'); await e.dispose().catch(x=>p(x)); process.exit()},25000);
await e.end('SIGTERM'); p('ended');
await r.listAgents().catch(x=>p(x.message));
await r.ping().catch(x=>p(x.message));
await r.spawnAgent(place.config()).catch(x=>p('sp',x.message));
await e.start(); p('restarted');
await new Promise(r=>setTimeout(r,3000));
p((await r.listAgents()).map(a=>a.status));
await r.killAgent(h);
} catch(x) {p(x)}
w.dispose(); await place.dispose(); await e.dispose(); process.exit();
