/** The lab's GitHub behind the kit's own client, without a server in between. */
import type { World } from '../../src/lab/world/world.ts';
import type { HttpRequest, SendHttp } from '../../src/runner/http.ts';

/** Called with every request before it is answered; an answer of its own stands for GitHub's. */
export type Watch = (request: HttpRequest) => Promise<{ status: number; json?: unknown } | undefined>;

export function sendToLab(world: World, watch: Watch = async () => undefined): SendHttp {
  return async (request) => {
    const { method, url, headers, body } = request;
    const { pathname, searchParams } = new URL(url);
    const answer =
      (await watch(request)) ??
      world.github.handle({
        method,
        path: pathname,
        query: Object.fromEntries(searchParams),
        body: body === undefined ? undefined : JSON.parse(body),
        token: headers['authorization']?.replace('Bearer ', ''),
      });
    return {
      status: answer.status,
      header: () => undefined,
      json: async () => structuredClone(answer.json ?? {}),
    };
  };
}
