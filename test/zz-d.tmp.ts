import { DockerPlace } from './integration/runtimes/docker/support/dockerPlace.ts';
const log = {trace(){},debug(m:string){console.log('D',m)},info(m:string){console.log('I',m)},warn(m:string){console.log('W',m)},error(m:string){console.log('E',m)}};
const place = new DockerPlace();
const r = place.runtime({log, image:'tmux-agents-dev:latest'});
r.onDidChangeAgents(c=>console.log('  change', c.type, c.agent.status, c.agent.agentId, 'reason' in c.agent ? c.agent.reason:''));
r.onDidChangeHealth(h=>console.log('  health', h?.message));
const w = r.watch();
try {
  const t=performance.now();
  const h = await r.spawnAgent(place.config('echo "hello $SECRET"; exec cat',{env:{SECRET:'s3 "x"\nmore'}}), {onProgress:(s,m)=>console.log('  step',s,m,(performance.now()-t).toFixed(1))});
  console.log('spawned', (performance.now()-t).toFixed(1), JSON.stringify(h), String(r.getAttachCommand(h)));
  console.log(await r.getTmux(h).capturePaneContent('agent','0','0',10));
  console.log(await r.listAgents());
  for (let i=0;i<5;i++){ const t2=performance.now(); await r.listAgents(); console.log('list',(performance.now()-t2).toFixed(2)); const t3=performance.now(); await place.docker.listContainers({all:true}); console.log('raw',(performance.now()-t3).toFixed(2)); }
  await r.renameAgent(h,'New name'); console.log((await r.listAgents())[0]?.name);
  const h2 = await r.spawnAgent(place.config('exit 3'));
  const h3 = await r.spawnAgent({...place.config(), argv:['nosuchprog']});
  await new Promise(r=>setTimeout(r,500));
  for (const a of await r.listAgents()) console.log(a.agentId,a.status,'reason' in a?a.reason:'', 'exitCode' in a ? a.exitCode:'');
  const t4=performance.now(); await r.killAgent(h); console.log('kill',(performance.now()-t4).toFixed(1));
  await r.killAgent(h2);await r.killAgent(h3); await r.killAgent(h3);
  await new Promise(r=>setTimeout(r,300));
  console.log(await r.listAgents());
} catch (e) { console.log('FAILED', e); }
finally { w.dispose(); await place.dispose(); }
