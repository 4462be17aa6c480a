/** One request over HTTP with a time limit; what goes wrong is a value. */

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Of a header by its name in small letters. */
  header(name: string): string | undefined;
  /** Rejects where the body is no JSON. */
  json(): Promise<unknown>;
}

/** One request, redirects not followed. Rejects where there is no answer. */
export type SendHttp = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;

/** The answer, or in some words why there is none; the URL, which may be a secret, is not among them. Never rejects. */
export async function attemptHttp(
  send: SendHttp,
  request: HttpRequest,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<HttpAnswer | string> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await send(request, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (deadline.aborted) return `no answer within ${timeoutMs / 1000} s`;
    const { cause, name } = error as Error & { cause?: { code?: string } };
    return `no answer (${cause?.code ?? name})`;
  }
}

export const sendHttp: SendHttp = async ({ method, url, headers, body }, signal) => {
  const answer = await fetch(url, {
    method,
    headers,
    signal,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: answer.status,
    header: (name) => answer.headers.get(name) ?? undefined,
    json: () => answer.json(),
  };
};
