// One command from a fresh clone to a VS Code with the Agents view: `npm start`. Runs under Node 20 with nothing installed.
// This file only asks for the right Node; scripts/lib/tryOut.mjs does the work.
const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(`Node 20 or newer is needed, and this is ${process.versions.node}: see https://nodejs.org.`);
  process.exitCode = 1;
} else {
  const { tryOut } = await import('./lib/tryOut.mjs');
  process.exitCode = await tryOut(process.argv.slice(2));
}
