/**
 * What the lab's load balancer costs: the same load straight at the targets and through it, side by side, and
 * 1,000 requests a second through it without an error of its own. Run: node bench/data-plane.ts (Node 24).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { type Endpoint, EndpointMap } from '../src/lab/dataplane/endpoints.ts';
import { LoadGenerator } from '../src/lab/dataplane/load/load-generator.ts';
import { LoadBalancers } from '../src/lab/dataplane/load-balancer/load-balancers.ts';
import type { TargetGroupRoute } from '../src/lab/world/contracts.ts';

const targetCount = 6;
const steadySeconds = 10;
const closedLoopSeconds = 5;
const concurrency = 64;

const program = `require('node:http').createServer((request, response) => response.end('{"status":"ok"}'))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

async function startTarget(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).once('line', resolve),
  );
  return { child, port: Number(port) };
}

/** As many requests as come through with a fixed number open. */
async function closedLoop(endpoints: readonly Endpoint[]): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: concurrency });
  const endAt = performance.now() + closedLoopSeconds * 1000;
  let done = 0;
  const one = (endpoint: Endpoint): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = http.get({ ...endpoint, path: '/', agent }, (response) => {
        response.resume();
        response.on('end', resolve);
      });
      request.on('error', reject);
    });
  await Promise.all(
    Array.from({ length: concurrency }, async (_, index) => {
      while (performance.now() < endAt) {
        await one(endpoints[index % endpoints.length]!);
        done++;
      }
    }),
  );
  agent.destroy();
  return Math.round(done / closedLoopSeconds);
}

const targets = await Promise.all(Array.from({ length: targetCount }, startTarget));
const group: TargetGroupRoute = {
  targetGroupArn: 'tg',
  protocol: 'HTTP',
  algorithm: 'round_robin',
  slowStartMs: 0,
  deregistrationDelayMs: 0,
  healthCheck: {
    enabled: false,
    protocol: 'HTTP',
    path: '/',
    port: 'traffic-port',
    intervalMs: 10_000,
    timeoutMs: 5000,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    matcher: '200',
  },
  targets: targets.map(({ port }) => ({
    id: '127.0.0.1',
    port,
    zone: 'a',
    state: 'healthy',
    ownerTaskArn: undefined,
  })),
};
const listener = {
  listenerArn: 'listener',
  loadBalancerArn: 'lb',
  port: 80,
  protocol: 'HTTP',
  idleTimeoutMs: 3_600_000,
  rules: [
    {
      ruleArn: 'rule',
      conditions: [],
      action: {
        kind: 'forward',
        groups: [{ targetGroupArn: 'tg', weight: 1 }],
        stickinessSeconds: undefined,
      },
    },
  ],
} as const;
let ownErrors = 0;
const loadBalancers = new LoadBalancers({
  routing: { routingTable: () => ({ listeners: [listener] }), targetGroups: () => [group] },
  endpoints: new EndpointMap(),
  virtualNow: Date.now,
  scale: () => 60,
  onTraffic: (batch) => {
    for (const count of batch.elbCodes.values()) ownErrors += count;
  },
});
try {
  await loadBalancers.refresh();
  const address = loadBalancers.addressOf('listener')!;
  const load = new LoadGenerator({
    target: () => address,
    requestsPerSecond: 1000,
    routes: [{ method: 'GET', path: '/', weight: 1 }],
    random: () => 0,
  });
  load.start();
  await new Promise((resolve) => setTimeout(resolve, steadySeconds * 1000));
  const steady = await load.stop();
  const direct = await closedLoop(targets.map(({ port }) => ({ host: '127.0.0.1', port })));
  const proxied = await closedLoop([address]);
  loadBalancers.flush();
  console.log(
    JSON.stringify(
      { steady, ownErrors, direct, proxied, ratio: Number((proxied / direct).toFixed(2)) },
      null,
      2,
    ),
  );
  process.exitCode = ownErrors === 0 && steady.dropped === 0 && steady.harmed === 0 ? 0 : 1;
} finally {
  await loadBalancers.close();
  for (const { child } of targets) child.kill('SIGKILL');
}
