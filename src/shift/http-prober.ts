/** Probes as real HTTP requests through the load balancer, with the test rule's secret header. */
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type ProbeAnswer, type Prober, wrongName } from './prober.ts';

export interface HttpProberSettings {
  /** Where to connect: `http://name-1.eu-west-1.elb.amazonaws.com:80`. */
  readonly baseUrl: string;
  /** Host header and TLS server name where they differ from the address. */
  readonly host: string | undefined;
  readonly header: string;
  readonly headerValue: string;
  readonly timeoutMs: number;
}

export function createHttpProber(settings: HttpProberSettings): Prober {
  const base = new URL(settings.baseUrl);
  const send = base.protocol === 'https:' ? httpsRequest : httpRequest;
  return {
    probe: (path, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(undefined);
        const startedAt = performance.now();
        let request: ClientRequest | undefined;
        const finish = (answer: ProbeAnswer | undefined): void => {
          deadline.removeEventListener('abort', late);
          signal.removeEventListener('abort', abort);
          request?.destroy();
          resolve(answer);
        };
        const abort = (): void => finish(undefined);
        const deadline = AbortSignal.timeout(settings.timeoutMs);
        const late = (): void =>
          finish({ kind: 'failed', reason: `no answer within ${settings.timeoutMs / 1000} s` });
        deadline.addEventListener('abort', late);
        signal.addEventListener('abort', abort);
        request = send(
          {
            hostname: base.hostname,
            port: base.port,
            path,
            method: 'GET',
            // A connection of its own: a kept one could hide a listener that no longer answers.
            agent: false,
            ...(base.protocol === 'https:' ? { servername: settings.host ?? base.hostname } : {}),
            headers: {
              [settings.header]: settings.headerValue,
              'user-agent': 'ips-deploy-actions',
              ...(settings.host === undefined ? {} : { host: settings.host }),
            },
          },
          (response) => {
            response.on('error', (error) => finish({ kind: 'failed', reason: reasonOf(error) }));
            response.on('end', () =>
              finish({
                kind: 'answered',
                status: response.statusCode ?? 0,
                durationMs: performance.now() - startedAt,
              }),
            );
            response.resume();
          },
        );
        request.on('error', (error) => finish({ kind: 'failed', reason: reasonOf(error) }));
        request.end();
      }),
  };
}

/** Of a certificate for other names, which ones: one of them is what `probe-host` has to be. */
function reasonOf(error: Error & { code?: string; cert?: { subjectaltname?: string } }): string {
  if (error.code === 'ECONNRESET') return 'connection closed';
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  if (error.code === wrongName) {
    const names = error.cert?.subjectaltname?.replaceAll('DNS:', '') ?? 'other names';
    return `${wrongName}: its certificate is for ${names}`;
  }
  return error.code ?? error.message;
}
