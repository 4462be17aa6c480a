/** The HTTP API: routes, checks of what comes in, one log line a request. */
import { randomUUID } from 'node:crypto';
import { createTreatment } from './behaviour.js';

const bodyLimitBytes = 10 * 1024 * 1024;
const batchLimit = 5000;

class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {object} parts
 * @param {import('./store.js').Store} parts.store
 * @param {string} parts.version
 * @param {{ name: string }} parts.behaviour
 * @param {(level: string, message: string, fields?: object) => void} parts.log
 * @param {() => number} parts.now epoch milliseconds
 * @param {() => boolean} parts.isDraining
 */
export function createApp({ store, version, behaviour, log, now, isDraining }) {
  const startedAt = now();
  const treat = createTreatment(behaviour, now);

  return async function handle(request, response) {
    const receivedAt = now();
    const { pathname } = new URL(request.url, 'http://service');
    const answer = (status, body) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-ips-version': version,
        ...(isDraining() ? { connection: 'close' } : {}),
      });
      response.end(JSON.stringify(body));
      if (pathname === '/health' && status === 200) return;
      log(status >= 500 ? 'error' : 'info', `${request.method} ${pathname} ${status}`, {
        status,
        durationMs: now() - receivedAt,
      });
    };
    if (pathname === '/health') {
      request.resume();
      const healthy = behaviour.name !== 'never-healthy';
      const uptimeSeconds = Math.floor((now() - startedAt) / 1000);
      return answer(healthy ? 200 : 503, {
        status: healthy ? 'healthy' : 'unhealthy',
        version,
        uptimeSeconds,
      });
    }
    try {
      const { kind, delayMs } = treat(pathname);
      if (kind === 'hang') return;
      if (kind === 'close') return request.socket.destroy();
      if (pathname === '/api/v1/client' && request.method === 'GET') return answer(200, clientOf(request));
      const body = await readJson(request);
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (kind === 'fail') throw new RequestError(500, 'The query failed: deadlock detected.');
      const [status, result] = route(request.method, pathname, body);
      answer(status, result);
    } catch (error) {
      if (response.headersSent || response.destroyed) return;
      if (error instanceof RequestError) return answer(error.status, { error: error.message });
      log('error', `Unexpected: ${error.message}`);
      answer(500, { error: 'Internal error.' });
    }
  };

  function route(method, pathname, body) {
    const session = /^\/api\/v1\/sessions(?:\/([^/]+)(?:\/(close))?)?\/?$/.exec(pathname);
    if (session !== null) {
      const [, id, action] = session;
      if (id === undefined && method === 'POST') return [201, store.addSession(newSession(body))];
      if (id === undefined && method === 'GET') return [200, { sessions: store.sessions().slice(0, 100) }];
      if (id !== undefined && action === undefined && method === 'GET')
        return [200, found(store.session(id))];
      if (action === 'close' && method === 'POST') {
        return [200, found(store.closeSession(id, new Date(now()).toISOString()))];
      }
      throw new RequestError(405, `${method} is not allowed here.`);
    }
    const [, imuSession] = /^\/api\/v1\/imu-data(?:\/([^/]+))?\/?$/.exec(pathname) ?? [];
    if (imuSession !== undefined && method === 'GET') {
      return [200, { sessionId: imuSession, samples: found(store.imuData(imuSession)) }];
    }
    if (pathname === '/api/v1/imu-data' && method === 'POST') return [202, acceptBatch(body)];
    throw new RequestError(404, 'There is no such route.');
  }

  function newSession(body) {
    if (typeof body?.userId !== 'string' || body.userId === '') {
      throw new RequestError(400, 'userId must be a text.');
    }
    return {
      id: randomUUID(),
      userId: body.userId,
      status: 'open',
      startedAt: new Date(now()).toISOString(),
    };
  }

  function acceptBatch(body) {
    const samples = body?.samples;
    if (!Array.isArray(samples) || samples.length === 0 || samples.length > batchLimit) {
      throw new RequestError(400, `samples must be a list of 1 to ${batchLimit} entries.`);
    }
    for (const sample of samples) {
      const axes = [sample?.timestamp, ...(sample?.accelerometer ?? []), ...(sample?.gyroscope ?? [])];
      if (axes.length !== 7 || !axes.every(Number.isFinite)) {
        throw new RequestError(
          400,
          'Each sample needs a timestamp (ms), an accelerometer and a gyroscope [x, y, z].',
        );
      }
    }
    const session = found(store.session(String(body.sessionId)));
    if (session.status === 'closed') throw new RequestError(409, 'The session is closed.');
    return {
      sessionId: session.id,
      accepted: samples.length,
      held: store.addImuData(session.id, samples),
    };
  }
}

/** The client as the load balancer saw it: the last address is what it added, those before it anybody can write. */
function clientOf({ headers, socket }) {
  const address = headers['x-forwarded-for']?.split(',').at(-1).trim() ?? socket.remoteAddress;
  return { address, scheme: headers['x-forwarded-proto'] ?? 'http' };
}

function found(value) {
  if (value === undefined) throw new RequestError(404, 'There is no such session.');
  return value;
}

async function readJson(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bodyLimitBytes) throw new RequestError(413, 'The body is longer than 10 MiB.');
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new RequestError(400, 'The body is not JSON.');
  }
}
