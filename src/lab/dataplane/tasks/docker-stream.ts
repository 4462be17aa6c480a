/**
 * Takes Docker's multiplexed output apart: frames of an 8-byte header (stream, three zeros, big-endian
 * length) and that many bytes. https://docs.docker.com/reference/api/engine/, "Stream format".
 */
export class DockerFrames {
  readonly #onPayload: (stream: 'stdout' | 'stderr', payload: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onPayload: (stream: 'stdout' | 'stderr', payload: Buffer) => void) {
    this.#onPayload = onPayload;
  }

  write(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 8) {
      const length = this.#rest.readUInt32BE(4);
      if (this.#rest.length < 8 + length) return;
      const stream = this.#rest[0] === 2 ? 'stderr' : 'stdout';
      this.#onPayload(stream, this.#rest.subarray(8, 8 + length));
      this.#rest = this.#rest.subarray(8 + length);
    }
  }
}
