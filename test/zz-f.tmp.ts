import { DockerPlace } from './integration/runtimes/docker/support/dockerPlace.ts';
const place = new DockerPlace();
const r = place.runtime();
for (let i=0;i<12;i++) {
  const t=performance.now();
  await Promise.all(Array.from({length:4},async()=>{
  try { const h=await r.spawnAgent(place.config(undefined,{env:{A:'1'}})); await r.killAgent(h); }
  catch(e) { console.log(i,'FAIL',e); }
  }));
  console.log(i,(performance.now()-t).toFixed(0));
}
await place.dispose();
