/** The Docker Engine API over its unix socket: https://docs.docker.com/reference/api/engine/. No docker CLI. */
import http, { type IncomingMessage } from 'node:http';

const defaultDockerSocket = '/var/run/docker.sock';

export class DockerError extends Error {
  /** HTTP status; 0 when the engine could not be reached. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class DockerApi {
  readonly socketPath: string;
  readonly #agent = new http.Agent({ keepAlive: true, maxFreeSockets: 8 });

  constructor(socketPath: string = defaultDockerSocket) {
    this.socketPath = socketPath;
  }

  /** True when an engine answers within a second. */
  async answers(): Promise<boolean> {
    return this.call('GET', '/_ping', undefined, { timeoutMs: 1000 }).then(
      () => true,
      () => false,
    );
  }

  /** Parsed JSON, or text where the answer is none. Rejects with DockerError from status 400 on. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly timeoutMs?: number } = {},
  ): Promise<unknown> {
    const response = await this.stream(method, path, body, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  }

  /** The raw answer, for logs and progress. */
  stream(
    method: string,
    path: string,
    body?: unknown,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly timeoutMs?: number } = {},
  ): Promise<IncomingMessage> {
    const content = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = http.request({
        socketPath: this.socketPath,
        agent: this.#agent,
        method,
        path,
        headers: {
          host: 'docker',
          ...(content === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
          ...options.headers,
        },
      });
      if (options.timeoutMs !== undefined) {
        request.setTimeout(options.timeoutMs, () =>
          request.destroy(new Error('The Docker engine did not answer.')),
        );
      }
      request.on('error', (error) => reject(new DockerError(0, error.message)));
      request.on('response', (response) => {
        const status = response.statusCode ?? 0;
        if (status < 400) {
          resolve(response);
          return;
        }
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => reject(new DockerError(status, messageOf(text))));
      });
      request.end(content);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly message?: unknown }).message ?? text);
  } catch {
    return text;
  }
}
