/** One GET to a given address under the public name, with the certificate that it came with. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { HttpFacts } from './facts.ts';

export interface GetOptions {
  /** Connects here and not where the name leads. */
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type HttpGet = (url: URL, options?: GetOptions) => Promise<HttpFacts>;

const timeoutMs = 10_000;
const bodyLimit = 64 * 1024;

export const httpGet: HttpGet = (url, { address, headers = {} } = {}) =>
  new Promise((resolve) => {
    const secure = url.protocol === 'https:';
    const deadline = AbortSignal.timeout(timeoutMs);
    const finish = (facts: HttpFacts): void => {
      deadline.removeEventListener('abort', late);
      request.destroy();
      resolve(facts);
    };
    const failed = (reason: string, certificate = false): void =>
      finish({ kind: 'failed', reason, certificate });
    const late = (): void => failed(`no answer within ${timeoutMs / 1000} s`);
    const request = (secure ? httpsRequest : httpRequest)(
      {
        hostname: address ?? url.hostname,
        port: url.port,
        path: `${url.pathname}${url.search}`,
        method: 'GET',
        agent: false,
        ...(secure ? { servername: url.hostname } : {}),
        headers: { host: url.host, 'user-agent': 'ips-deploy-actions', ...headers },
      },
      (response) => {
        let body = '';
        const ends = secure ? (response.socket as TLSSocket).getPeerCertificate().valid_to : undefined;
        const certificateEndsAt = ends === undefined ? undefined : Date.parse(ends);
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (body.length < bodyLimit) body += chunk;
        });
        response.on('error', (error: NodeJS.ErrnoException) => failed(reasonOf(error)));
        response.on('end', () =>
          finish({
            kind: 'answered',
            status: response.statusCode ?? 0,
            location: response.headers.location,
            body,
            certificateEndsAt,
          }),
        );
      },
    );
    deadline.addEventListener('abort', late, { once: true });
    request.on('error', (error: NodeJS.ErrnoException) => failed(reasonOf(error), isOfCertificate(error)));
    request.end();
  });

/** Codes of OpenSSL's verification, and Node's own for a name that is not covered. */
function isOfCertificate({ code = '' }: NodeJS.ErrnoException): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH/.test(code);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  if (error.code === 'ECONNRESET') return 'connection closed';
  return error.message.replace(/[.\s]+$/, '');
}
