// Takes apart the stream of a container exec without a terminal: frames of [stream, 0, 0, 0, length x4] and payload (Docker Engine API, "Stream format").

export type DockerStreamName = 'stdout' | 'stderr';

/** Fed with bytes cut anywhere; hands on payload as it comes, without waiting for whole frames. */
export class DockerFrames {
  readonly #deliver: (stream: DockerStreamName, bytes: Buffer) => void;
  readonly #header = Buffer.alloc(8);
  #headerBytes = 0;
  #remaining = 0;
  #stream: DockerStreamName = 'stdout';

  constructor(deliver: (stream: DockerStreamName, bytes: Buffer) => void) {
    this.#deliver = deliver;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const end = Math.min(chunk.length, at + this.#remaining);
        this.#remaining -= end - at;
        this.#deliver(this.#stream, chunk.subarray(at, end));
        at = end;
        continue;
      }
      const copied = chunk.copy(this.#header, this.#headerBytes, at, Math.min(chunk.length, at + 8 - this.#headerBytes));
      at += copied;
      this.#headerBytes += copied;
      if (this.#headerBytes < 8) return;
      this.#headerBytes = 0;
      this.#stream = this.#header[0] === 2 ? 'stderr' : 'stdout';
      this.#remaining = this.#header.readUInt32BE(4);
    }
  }
}
