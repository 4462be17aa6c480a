/** Starts the API, and ends it so that no request in flight is lost. */
import { createServer } from 'node:http';
import { createApp } from './src/app.js';
import { readBehaviour } from './src/behaviour.js';
import { readConfig } from './src/config.js';
import { createLog } from './src/log.js';
import { createMemoryStore } from './src/store.js';

const folder = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const config = readConfig(folder, process.env);
const behaviour = readBehaviour(folder, process.env);
const log = createLog(config.version, config.secrets);

if (behaviour.name === 'crash-at-start') {
  log('error', 'The database schema is not the expected one: column "sessions.device_model" does not exist.');
  process.exit(1);
}

let draining = false;
const app = createApp({
  store: createMemoryStore(),
  version: config.version,
  behaviour,
  log,
  now: Date.now,
  isDraining: () => draining,
});
const server = createServer({ requestTimeout: 60_000 }, app);
// Longer than the load balancer's idle time-out (60 s), or it would reuse connections that are being closed.
server.keepAliveTimeout = 65_000;

server.on('error', (error) => {
  log('error', `The API cannot listen on port ${config.port}: ${error.message}`);
  process.exit(1);
});
const listen = () =>
  server.listen(config.port, () => {
    log('info', `The API listens on port ${server.address().port}.`, {
      port: server.address().port,
      environment: config.environment,
      database: config.databaseConfigured ? 'configured' : 'not configured, sessions are kept in memory',
      jwtKey: config.jwtKeyConfigured ? 'configured' : 'not configured',
    });
  });
if (behaviour.name === 'slow-start') {
  log('info', `The cache is being filled: the API listens in ${behaviour.amount} ms.`);
  setTimeout(() => {
    if (!draining) listen();
  }, behaviour.amount);
} else {
  listen();
}

function shutDown(signal) {
  if (draining) return;
  draining = true;
  log('info', `${signal} received: finishing the requests in flight.`);
  // Stops listening and closes idle connections; busy ones end with their answer (`connection: close`).
  server.close(() => {
    log('info', 'All requests are answered. Bye.');
    process.exit(0);
  });
  // ECS kills after stopTimeout (30 s unless set): give up a little earlier, and say so.
  setTimeout(() => {
    log('error', 'Some requests did not end in time: their connections are cut.');
    server.closeAllConnections();
  }, config.drainTimeoutMs).unref();
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => shutDown(signal));
