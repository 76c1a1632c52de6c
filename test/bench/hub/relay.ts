// The raw thing beside the hub: a process that passes what one socket says on to all others, unread and unkept.
import { WebSocketServer, type WebSocket } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
const readers = new Set<WebSocket>();
server.on('connection', (socket, request) => {
  if (request.url === '/read') {
    readers.add(socket);
    socket.on('close', () => readers.delete(socket));
    return;
  }
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    for (const reader of readers) reader.send(text);
    socket.send('ack');
  });
});
server.on('listening', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ url: `ws://127.0.0.1:${address.port}` });
});
process.on('disconnect', () => process.exit(0));
