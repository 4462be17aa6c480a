/**
 * A registry over the OCI distribution API: what the static builder and the checks after a push need.
 * Every request is made again after a network error, a 5xx or a 429; bodies are opened anew each time.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type RetryPolicy, retryPauseMs } from '../../aws/retry.ts';
import type { Clock } from '../../runner/clock.ts';
import { ImageError } from '../build-error.ts';
import { imageMediaTypes } from '../static/image-config.ts';
import { parseBearerChallenge } from './challenge.ts';

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

export interface RegistryOptions {
  /** `https://123456789012.dkr.ecr.ap-south-1.amazonaws.com`, without a path. */
  readonly url: string;
  /** Absent: anonymous. */
  readonly credentials?: RegistryCredentials;
  readonly attempts: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Told of each attempt that will be repeated. */
  readonly onRetry?: (message: string) => void;
}

export interface FetchedManifest {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** Content of a known size that can be opened again for another attempt. */
export interface BlobSource {
  readonly digest: string;
  readonly size: number;
  open(): Promise<Readable | Uint8Array>;
}

const pauses: RetryPolicy = {
  transientBaseMs: 250,
  throttledBaseMs: 1000,
  longestPauseMs: 10_000,
  totalMs: 600_000,
};
/** For requests without content to carry; transfers end when fetch hears nothing for five minutes. */
const answerTimeoutMs = 120_000;

interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => Promise<Readable | Uint8Array>;
  readonly bodyBytes?: number;
  /** Statuses that are answers to the question, not errors. */
  readonly expected: readonly number[];
  readonly scope: string;
  /** An upload that broke off must begin with a new session: its caller repeats, not this. */
  readonly once?: boolean;
  /** Carries a blob: as long as it takes. */
  readonly transfer?: boolean;
}

export class RegistryClient {
  readonly #options: RegistryOptions;
  /** Bearer tokens by scope. */
  readonly #tokens = new Map<string, string>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  /** Undefined where there is no such manifest. The digest is computed here, not believed. */
  async manifest(repository: string, reference: string): Promise<FetchedManifest | undefined> {
    const response = await this.#send(`/v2/${repository}/manifests/${reference}`, {
      headers: { accept: imageMediaTypes.join(', ') },
      expected: [200, 404],
      scope: `repository:${repository}:pull`,
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status === 404) return undefined;
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (reference.startsWith('sha256:') && reference !== digest) {
      throw new ImageError(
        'digest-differs',
        `${this.url} answered ${repository}@${reference} with content whose digest is ${digest}.`,
      );
    }
    const declared = (response.headers.get('content-type') ?? '').split(';')[0]!.trim();
    return { mediaType: declared, digest, bytes };
  }

  async blob(repository: string, digest: string): Promise<Readable> {
    const response = await this.#send(`/v2/${repository}/blobs/${digest}`, {
      expected: [200],
      scope: `repository:${repository}:pull`,
      transfer: true,
    });
    return response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
  }

  /** Small blobs (configurations), checked against their digest; undefined where there is no such blob. */
  async blobBytes(repository: string, digest: string): Promise<Uint8Array | undefined> {
    return this.#repeat(async () => {
      const response = await this.#send(`/v2/${repository}/blobs/${digest}`, {
        expected: [200, 404],
        scope: `repository:${repository}:pull`,
        once: true,
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status === 404) return undefined;
      const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      if (actual !== digest) {
        throw new ImageError('digest-differs', `${this.url} answered blob ${digest} with ${actual}.`);
      }
      return bytes;
    }, `download of ${digest}`);
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const response = await this.#send(`/v2/${repository}/blobs/${digest}`, {
      method: 'HEAD',
      expected: [200, 404],
      scope: `repository:${repository}:pull,push`,
    });
    return response.status === 200;
  }

  /** True when the registry could take the blob over from another of its repositories. */
  async mountBlob(repository: string, digest: string, from: string): Promise<boolean> {
    const response = await this.#send(
      `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`,
      {
        method: 'POST',
        headers: { 'content-length': '0' },
        expected: [201, 202, 400, 404, 405],
        scope: `repository:${repository}:pull,push`,
      },
    );
    await response.body?.cancel();
    return response.status === 201;
  }

  /** POST, PATCH with the whole content, PUT: the sequence every registry knows, ECR included. */
  async uploadBlob(repository: string, source: BlobSource): Promise<void> {
    const scope = `repository:${repository}:pull,push`;
    await this.#repeat(async () => {
      const begun = await this.#send(`/v2/${repository}/blobs/uploads/`, {
        method: 'POST',
        headers: { 'content-length': '0' },
        expected: [202],
        scope,
        once: true,
      });
      await begun.body?.cancel();
      const patched = await this.#send(this.#location(begun), {
        method: 'PATCH',
        // No content-range: the whole blob in one go, as docker pushes.
        headers: { 'content-type': 'application/octet-stream' },
        body: () => source.open(),
        bodyBytes: source.size,
        transfer: true,
        expected: [202],
        scope,
        once: true,
      });
      await patched.body?.cancel();
      const target = new URL(this.#location(patched));
      target.searchParams.set('digest', source.digest);
      const closed = await this.#send(target.href, {
        method: 'PUT',
        headers: { 'content-length': '0' },
        expected: [201, 204],
        scope,
        once: true,
      });
      await closed.body?.cancel();
    }, `upload of ${source.digest}`);
  }

  /** Answers the status of the registry: 201, or a 4xx that the caller must understand. */
  async putManifest(
    repository: string,
    reference: string,
    mediaType: string,
    bytes: Uint8Array,
  ): Promise<{ readonly status: number; readonly reason: string }> {
    const response = await this.#send(`/v2/${repository}/manifests/${reference}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: async () => bytes,
      bodyBytes: bytes.length,
      expected: [200, 201, 202, 204, 400, 403, 405, 409],
      scope: `repository:${repository}:pull,push`,
    });
    return { status: response.status, reason: registryReason(await response.text()) };
  }

  #location(response: Response): string {
    const location = response.headers.get('location');
    if (location === null) {
      throw new ImageError('registry-answer', `${this.url} began an upload without saying where.`);
    }
    return new URL(location, this.url).href;
  }

  async #send(path: string, options: SendOptions): Promise<Response> {
    if (options.once === true) return this.#attempt(path, options);
    return this.#repeat(() => this.#attempt(path, options), `request ${options.method ?? 'GET'} ${path}`);
  }

  /** One attempt, and another with a token where the registry asks for one. */
  async #attempt(path: string, options: SendOptions): Promise<Response> {
    const url = new URL(path, this.url).href;
    let response = await this.#fetch(url, options);
    if (response.status === 401) {
      const challenge = parseBearerChallenge(response.headers.get('www-authenticate'));
      await response.body?.cancel();
      if (challenge !== undefined) {
        const scope = challenge.scope ?? options.scope;
        const { realm, service } = challenge;
        this.#tokens.set(options.scope, await this.#fetchToken(realm, service, scope));
        response = await this.#fetch(url, options);
      }
    }
    if (options.expected.includes(response.status)) return response;
    const reason = registryReason(await response.text().catch(() => ''));
    const where = `${options.method ?? 'GET'} ${new URL(url).pathname} at ${new URL(this.url).host}`;
    if (response.status === 429 || response.status >= 500) {
      throw new TransientError(
        `${where} was answered with ${response.status}: ${reason}`,
        response.status === 429,
      );
    }
    if (response.status === 401 || response.status === 403) {
      throw new ImageError(
        'registry-denied',
        `The registry denies ${where} (${response.status}: ${reason}). Check the credentials of this job and the repository's policy.`,
      );
    }
    throw new ImageError('registry-answer', `${where} was answered with ${response.status}: ${reason}.`);
  }

  async #fetch(url: string, options: SendOptions): Promise<Response> {
    const headers: Record<string, string> = { ...options.headers };
    // Upload addresses may lead to another host (storage with a signed address): no credentials for it.
    if (new URL(url).origin === new URL(this.url).origin) {
      const authorization = this.#authorization(options.scope);
      if (authorization !== undefined) headers['authorization'] = authorization;
    }
    const body = await options.body?.();
    if (options.bodyBytes !== undefined) headers['content-length'] = String(options.bodyBytes);
    try {
      return await fetch(url, {
        method: options.method ?? 'GET',
        headers,
        ...(body === undefined ? {} : fetchBody(body)),
        signal:
          options.transfer === true
            ? this.#options.signal
            : AbortSignal.any([this.#options.signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
    } catch (error) {
      throw this.#networkError(url, error);
    }
  }

  #authorization(scope: string): string | undefined {
    const token = this.#tokens.get(scope);
    if (token !== undefined) return `Bearer ${token}`;
    const { credentials } = this.#options;
    if (credentials === undefined) return undefined;
    return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  }

  async #fetchToken(realm: string, service: string | undefined, scope: string): Promise<string> {
    const url = new URL(realm);
    if (url.protocol !== 'https:' && new URL(this.url).protocol === 'https:') {
      throw new ImageError(
        'registry-answer',
        `${this.url} wants its token fetched without TLS, at ${realm}.`,
      );
    }
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scope);
    const { credentials } = this.#options;
    const headers: Record<string, string> = {};
    if (credentials !== undefined) {
      headers['authorization'] =
        `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
    }
    let response: Response;
    try {
      response = await fetch(url, {
        headers,
        signal: AbortSignal.any([this.#options.signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
    } catch (error) {
      throw this.#networkError(url.href, error);
    }
    if (response.status === 429 || response.status >= 500) {
      throw new TransientError(`${url.host} gave no token: ${response.status}`, response.status === 429);
    }
    const answer = (await response.json().catch(() => ({}))) as { token?: string; access_token?: string };
    const token = answer.token ?? answer.access_token;
    if (!response.ok || token === undefined) {
      throw new ImageError(
        'registry-denied',
        `${url.host} gives no token for ${scope} (${response.status}). The image may not exist, or may need a login.`,
      );
    }
    return token;
  }

  #networkError(url: string, error: unknown): Error {
    if (this.#options.signal.aborted) return new ImageError('cancelled', 'The job was cancelled.');
    if (error instanceof ImageError) return error;
    const { message, cause } = error as { message: string; cause?: NodeJS.ErrnoException };
    return new TransientError(`${new URL(url).host}: ${cause?.code ?? cause?.message ?? message}`, false);
  }

  async #repeat<T>(work: () => Promise<T>, what: string): Promise<T> {
    const { attempts, clock, random, signal, onRetry } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        // A connection that breaks while a body is read fails outside of fetch itself.
        const transient =
          error instanceof TransientError
            ? error
            : isBrokenBody(error)
              ? new TransientError(String((error as Error).message), false)
              : undefined;
        if (transient === undefined) throw error;
        if (signal.aborted) throw new ImageError('cancelled', 'The job was cancelled.');
        if (attempt >= attempts) {
          throw new ImageError(
            'registry-network',
            `The ${what} failed ${attempts === 1 ? 'once' : `${attempts} times`}, last: ${transient.message}. Check the network of the runner, then run the job again: what has arrived is not sent twice.`,
          );
        }
        onRetry?.(`${transient.message}; trying again (${attempt + 1} of ${attempts})`);
        await clock.sleep(
          retryPauseMs(pauses, transient.throttled ? 'throttled' : 'transient', attempt, random()),
          signal,
        );
      }
    }
  }
}

class TransientError extends Error {
  readonly throttled: boolean;

  constructor(message: string, throttled: boolean) {
    super(message);
    this.name = 'TransientError';
    this.throttled = throttled;
  }
}

/** What fetch throws from a body whose connection ended: `TypeError: terminated`, or the socket's error. */
function isBrokenBody(error: unknown): boolean {
  const { name, code } = error as NodeJS.ErrnoException;
  return name === 'TypeError' || code === 'ECONNRESET' || code === 'UND_ERR_SOCKET';
}

function fetchBody(body: Readable | Uint8Array): RequestInit & { duplex?: 'half' } {
  type Body = NonNullable<RequestInit['body']>;
  if (body instanceof Uint8Array) return { body: body as unknown as Body };
  return { body: Readable.toWeb(body) as unknown as Body, duplex: 'half' };
}

/** `{"errors":[{"code":"…","message":"…"}]}` as one phrase. */
function registryReason(body: string): string {
  try {
    const { errors } = JSON.parse(body) as { errors?: { code?: string; message?: string }[] };
    const [first] = errors ?? [];
    if (first !== undefined) return [first.code, first.message].filter(Boolean).join(' ');
  } catch {
    // Not JSON: the text itself is shown.
  }
  return body.replace(/\s+/g, ' ').trim().slice(0, 200) || 'no reason given';
}
