// A TCP proxy that can go silent: both ends keep their connections and hear nothing more, as when a network is pulled.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class SilentProxy {
  readonly #server: Server;
  readonly #pairs: { readonly near: Socket; readonly far: Socket }[] = [];
  #silent = false;

  static async open(port: number): Promise<SilentProxy> {
    const proxy = new SilentProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      this.#pairs.push({ near, far });
      near.on('data', (data) => !this.#silent && far.write(data));
      far.on('data', (data) => !this.#silent && near.write(data));
      near.on('close', () => !this.#silent && far.destroy());
      far.on('close', () => !this.#silent && near.destroy());
      for (const socket of [near, far]) socket.on('error', () => undefined);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections made so far. */
  get count(): number {
    return this.#pairs.length;
  }

  /** Passes nothing on any more, not even an end; new connections are taken and hear nothing, too. */
  silence(): void {
    this.#silent = true;
  }

  /** New connections are passed on again. */
  speak(): void {
    for (const { near, far } of this.#pairs.splice(0)) for (const socket of [near, far]) socket.destroy();
    this.#silent = false;
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
