// A network that is bad on purpose, between a client and a port: it delays, it cuts, and it lets connections arrive in another order than they were made.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Chaos {
  /** Milliseconds at most until a connection arrives, and until each piece does. */
  readonly arriveMs: number;
  readonly pieceMs: number;
  /** Milliseconds that a connection lives, at most; then it is cut, in the middle of whatever. */
  readonly liveMs: number;
}

export class ChaosProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #chaos: Chaos | undefined;
  /** How many connections it cut. */
  cuts = 0;

  static async open(port: number, chaos: Chaos): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(port, chaos);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(port: number, chaos: Chaos) {
    this.#chaos = chaos;
    this.#server = createServer((near) => {
      this.#hold(near);
      near.pause();
      this.#later(this.#chaos?.arriveMs, () => {
        if (near.destroyed) return;
        const far = connect(port, '127.0.0.1');
        this.#hold(far);
        this.#pass(near, far);
        this.#pass(far, near);
        if (this.#chaos !== undefined) {
          this.#later(this.#chaos.liveMs, () => {
            if (near.destroyed || this.#chaos === undefined) return;
            this.cuts++;
            near.resetAndDestroy();
            far.resetAndDestroy();
          });
        }
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on it is a good network. */
  calm(): void {
    this.#chaos = undefined;
  }

  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  /** Piece by piece, each later than it came, in order: TCP keeps that. */
  #pass(from: Socket, to: Socket): void {
    from.on('data', (data) => {
      from.pause();
      this.#later(this.#chaos?.pieceMs, () => {
        if (!to.destroyed) to.write(data);
        from.resume();
      });
    });
    from.on('close', () => to.destroy());
    from.resume();
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #later(atMostMs: number | undefined, work: () => void): void {
    if (atMostMs === undefined) return work();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, Math.random() * atMostMs);
    this.#timers.add(timer);
  }
}
