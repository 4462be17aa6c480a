/** Speaks TLS before something that speaks plain HTTP, as a load balancer with a certificate does. */
import { once } from 'node:events';
import { request as send } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

export interface TlsFront {
  readonly port: number;
  /** Where requests go from now on; 502 before. */
  to(url: string): void;
  close(): Promise<void>;
}

export async function startTlsFront(certificate: Certificate): Promise<TlsFront> {
  let target: string | undefined;
  const server = createServer(certificate, (request, response) => {
    const fail = (): void => void response.writeHead(502).end();
    if (target === undefined) return fail();
    const { method = 'GET', headers, url = '/' } = request;
    const onward = send(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', fail);
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    to: (url) => {
      target = url;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
