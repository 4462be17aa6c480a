/** A way to the registry that breaks in the middle of an upload, as networks do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Connections that were cut so far. */
  readonly cut: () => number;
  close(): Promise<void>;
}

/** Of an upload: enough that the registry has begun to read it. */
const passesBytes = 20_000;

/** Cuts the connections of the first `cuts` uploads of a layer; everything else passes. */
export async function startCuttingProxy(target: string, cuts: number): Promise<CuttingProxy> {
  const [host = '', port = ''] = target.split(':');
  const open = new Set<Socket>();
  let cut = 0;
  const server = createServer((client) => {
    const registry = connect(Number(port), host);
    let uploadedBytes = -1;
    for (const [one, other] of [
      [client, registry],
      [registry, client],
    ] as const) {
      open.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    registry.pipe(client);
    client.on('data', (chunk: Buffer) => {
      if (uploadedBytes < 0 && /^(?:PATCH|PUT) \S+\/blobs\/uploads\//m.test(chunk.toString('latin1')))
        uploadedBytes = 0;
      if (uploadedBytes >= 0) uploadedBytes += chunk.length;
      registry.write(chunk);
      if (uploadedBytes < passesBytes || cut >= cuts) return;
      cut++;
      client.resetAndDestroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => cut,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
