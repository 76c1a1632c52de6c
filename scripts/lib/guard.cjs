// Loaded into a server before its own code: ends it when the process that started it is gone, killed outright included.
const fd = Number(process.env.TMUX_AGENTS_GUARD);
delete process.env.TMUX_AGENTS_GUARD; // What the server starts is not guarded by us.
if (Number.isInteger(fd) && fd > 2) {
  const { Socket } = require('node:net');
  const pipe = new Socket({ fd, readable: true, writable: false });
  pipe.on('error', () => process.kill(process.pid, 'SIGTERM'));
  pipe.on('close', () => process.kill(process.pid, 'SIGTERM'));
  pipe.resume();
  pipe.unref();
}
