/** A wire server whose world remembers each call and answers what the test told it to. */
import { createWireServer, type WireServer, type WireServerOptions } from '../../../src/lab/wire/server.ts';
import type { ApiRequest, ApiResult, Principal } from '../../../src/lab/world/service.ts';

export const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
export const SECRET_ACCESS_KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
export const REGION = 'ap-south-1';
export const VIRTUAL_NOW_MS = Date.UTC(2026, 0, 14, 17, 0, 0);
export const PRINCIPAL: Principal = {
  kind: 'user',
  arn: 'arn:aws:iam::123456789012:user/deployer',
  name: 'deployer',
};

export interface EchoServer {
  readonly server: WireServer;
  readonly calls: ApiRequest[];
  readonly logged: string[];
  /** What the next calls answer. */
  answer: (request: ApiRequest) => ApiResult;
}

export function answerWith(output: unknown): () => ApiResult {
  return () => ({ kind: 'answer', output, delayMs: 0 });
}

export async function startEchoServer(options: Partial<WireServerOptions> = {}): Promise<EchoServer> {
  const echo: { -readonly [Key in keyof EchoServer]: EchoServer[Key] } = {
    server: undefined as unknown as WireServer,
    calls: [],
    logged: [],
    answer: answerWith({}),
  };
  echo.server = createWireServer({
    region: REGION,
    now: () => VIRTUAL_NOW_MS,
    log: (message) => echo.logged.push(message),
    credentials: {
      lookup: (accessKeyId) =>
        accessKeyId === ACCESS_KEY_ID
          ? { secretAccessKey: SECRET_ACCESS_KEY, principal: PRINCIPAL }
          : undefined,
    },
    call: (request) => {
      echo.calls.push(request);
      return echo.answer(request);
    },
    ...options,
  });
  await echo.server.listen();
  return echo;
}
