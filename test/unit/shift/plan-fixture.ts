/** A plan, a state and facts as tests vary them. */

import type { Baseline } from '../../../src/shift/baseline.ts';
import { buildLadder } from '../../../src/shift/ladder.ts';
import type { ShiftPlan } from '../../../src/shift/plan.ts';
import { noProbes } from '../../../src/shift/prober.ts';
import type { ShiftFacts } from '../../../src/shift/state.ts';

const arn = (name: string): string =>
  `arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/${name}/0123456789abcdef`;
export const blueArn = arn('api-a');
export const greenArn = arn('api-b');
export const otherArn = arn('api-c');
const elb = 'arn:aws:elasticloadbalancing:ap-south-1:123456789012';
export const listenerArn = `${elb}:listener/app/api/1111/2222`;
export const ruleArn = `${elb}:listener-rule/app/api/1111/2222/3333`;

export const former = [{ targetGroupArn: blueArn, weight: 1 }] as const;

export function planOf(change: Partial<ShiftPlan> = {}): ShiftPlan {
  return {
    task: { kind: 'shift' },
    lock: undefined,
    location: { kind: 'rule', ruleArn },
    others: [],
    listenerArns: ['arn:listener'],
    listenerArn,
    loadBalancerArn: `${elb}:loadbalancer/app/api/1111`,
    cluster: 'shop',
    blue: { targetGroupArn: blueArn, groupName: 'api-a', service: 'api-blue' },
    green: { targetGroupArn: greenArn, groupName: 'api-b', service: 'api-green' },
    former,
    greenInRule: false,
    greenByAddress: true,
    steps: buildLadder(former, blueArn, greenArn, [10, 50, 100], [120_000, 120_000, 120_000]),
    deploy: { kind: 'none' },
    requiredHealthy: 3,
    testRule: {
      priority: 9,
      header: 'x-ips-probe',
      conditions: [],
      actions: [{ Type: 'forward', TargetGroupArn: blueArn }],
      login: 'copy',
    },
    probes: {
      baseUrl: 'http://127.0.0.1:8080',
      host: undefined,
      paths: ['/health', '/cart'],
      healthPathOnly: false,
      count: 300,
      perStep: 120,
      goodCodes: [{ from: 200, to: 499 }],
      timeoutMs: 5000,
      task: undefined,
    },
    maxErrorRate: 0.005,
    clientErrors: 'ignore',
    alarms: ['checkout'],
    ringing: [],
    objectives: { errorRate: undefined, latency: undefined },
    checks: [],
    acceptUnproven: false,
    scaling: [],
    twinScaling: undefined,
    scheduled: [],
    blueHealthy: 3,
    breaking: false,
    preDeploy: undefined,
    until: undefined,
    blueAfter: 'keep',
    keepBlueMs: 0,
    keepBlueAt: 'all',
    drainMs: 60_000,
    greenAfterRollback: 'scale-to-zero',
    readyTimeoutMs: 600_000,
    timeoutMs: 3_600_000,
    onCancel: 'rollback',
    notes: [],
    ...change,
  };
}

export const baseline: Baseline = {
  requestsPerMinute: 6000,
  errorRate: 0.001,
  unansweredRate: 0,
  balancerRate: 0,
  errorDispersion: 1,
  unansweredDispersion: 1,
  balancerDispersion: 1,
  slowerThanSeconds: 0.1,
};

export const healthy = (count: number): ShiftFacts['greenTargets'] =>
  Array.from({ length: count }, (_, index) => ({
    id: `10.0.0.${index}`,
    port: 5000,
    state: 'healthy',
    reason: undefined,
    description: undefined,
  }));

export function factsOf(change: Partial<ShiftFacts> = {}): ShiftFacts {
  return {
    whole: true,
    live: former,
    lockIsOurs: true,
    blueTargets: healthy(3),
    greenTargets: healthy(3),
    greenService: undefined,
    alarms: [{ name: 'checkout', state: 'OK', reason: undefined }],
    probes: noProbes,
    probeTask: undefined,
    checks: [],
    metrics: { kind: 'none' },
    ...change,
  };
}
