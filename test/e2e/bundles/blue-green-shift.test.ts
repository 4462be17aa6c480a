/** The committed bundle of blue-green-shift under trouble: the cut-over from the EC2 host to the service. */
import {
  DeleteRuleCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  ModifyListenerCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { targetGroupNames } from '../../../src/lab/journey/stage.ts';
import { noteSkip } from '../../support/tools.ts';
import { cancelAt, cluster, explanation, Job, service, theJob, type Words } from './job.ts';

const { ec2, a } = targetGroupNames;
/** What GitHub leaves a cancelled step between SIGINT and SIGTERM. */
const cancelLimitMs = 7500;
/** In real time probes take long, and these shifts are cancelled before they count. */
const noProbes: Words = { 'probe-count': '0', 'probes-per-step': '0', accept: 'unproven' };
const bakes = /Weights written: .*10/;

let job: Job;
let good = '';
let groupArns: Words = {};

beforeAll(async () => {
  job = await Job.open();
  good = await job.render(await job.build('1.0.0'));
  await job.createService(good, 0);
  groupArns = { [ec2]: await job.targetGroupArn(ec2), [a]: await job.targetGroupArn(a) };
}, 60_000);

afterAll(() => job?.close());

/** Each test begins with all traffic on the EC2 host. */
afterEach(async () => {
  await job.faults();
  for (const rule of await testRules(job)) await job.elb.send(new DeleteRuleCommand({ RuleArn: rule }));
  await writeWeights({ [ec2]: 100, [a]: 0 });
}, 60_000);

const inputs = (more: Words = {}, of = job): Words => ({
  'listener-arn': of.variable('LAB_LISTENER_ARN'),
  'blue-target-group': ec2,
  'green-target-group': a,
  cluster,
  'green-service': service,
  'task-definition': good,
  'desired-count': '2',
  steps: '10,100',
  'bake-time': '1m',
  'probe-url': of.variable('LAB_LISTENER_URL'),
  'probe-paths': '/health,/api/v1/sessions',
  ...more,
});

async function weights(of = job): Promise<Record<string, number>> {
  const { Listeners } = await of.elb.send(
    new DescribeListenersCommand({ ListenerArns: [of.variable('LAB_LISTENER_ARN')] }),
  );
  const groups = Listeners![0]!.DefaultActions![0]!.ForwardConfig!.TargetGroups!;
  return Object.fromEntries(groups.map((group) => [group.TargetGroupArn!.split('/')[1]!, group.Weight ?? 0]));
}

async function writeWeights(wanted: Readonly<Record<string, number>>): Promise<void> {
  await job.elb.send(
    new ModifyListenerCommand({
      ListenerArn: job.variable('LAB_LISTENER_ARN'),
      DefaultActions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: Object.entries(wanted).map(([name, Weight]) => ({
              TargetGroupArn: groupArns[name]!,
              Weight,
            })),
          },
        },
      ],
    }),
  );
}

async function testRules(of: Job): Promise<readonly string[]> {
  const { Rules } = await of.elb.send(
    new DescribeRulesCommand({ ListenerArn: of.variable('LAB_LISTENER_ARN') }),
  );
  return Rules!.filter((rule) => rule.IsDefault !== true).map((rule) => rule.RuleArn!);
}

test('a good version takes all the traffic, and nothing of the shift is left', async () => {
  const step = await job.step('blue-green-shift', inputs());
  expect({ exitCode: step.exitCode, outcome: step.outputs['outcome'], log: step.log }).toMatchObject({
    exitCode: 0,
    outcome: expect.stringMatching(/^promoted/),
  });
  expect(await weights()).toEqual({ [ec2]: 0, [a]: 100 });
  expect(await testRules(job)).toEqual([]);
}, 60_000);

test('what cannot be a pair is refused, and says so to the steps that follow', async () => {
  const step = await job.step('blue-green-shift', inputs({ 'green-target-group': ec2 }));
  const { outcome, cause } = step.outputs;
  expect({ exitCode: step.exitCode, outcome, cause }).toEqual({
    exitCode: 1,
    outcome: 'refused',
    cause: 'colours-unclear',
  });
  expect(step.summaryMarkdown).toContain('Blue and green are the same target group');
}, 60_000);

test('permissions that are missing are named together, to the steps that follow and with what grants them', async () => {
  const operations = ['DescribeTargetHealth', 'DescribeTaskDefinition', 'GetMetricData'];
  await job.faults(
    operations.map((operation) => ({
      id: operation,
      match: { ...theJob, operation },
      effect: 'access-denied',
    })),
  );
  const step = await job.step('blue-green-shift', inputs());
  const { outcome, cause, weights: told } = step.outputs;
  expect({ exitCode: step.exitCode, outcome, cause, told: JSON.parse(told ?? '') }).toEqual({
    exitCode: 1,
    outcome: 'refused',
    cause: 'access-denied',
    told: { [ec2]: 100, [a]: 0 },
  });
  for (const operation of operations) {
    expect(step.log.join('\n')).toMatch(
      new RegExp(`^error: .*Nothing was changed.*:${operation}\\b.* are denied: `, 'm'),
    );
    expect(step.summaryMarkdown).toMatch(new RegExp(`^ *"\\w+:${operation}",?$`, 'm'));
  }
  expect(await testRules(job)).toEqual([]);
}, 60_000);

describe('cancelled while a step bakes, the weights are as before and the test rule is gone', () => {
  test.each([
    ['in time', 'real' as const],
    ["in the lab's time", 'lab' as const],
  ])(
    '%s',
    async (_how, clock) => {
      const cancel = cancelAt(bakes);
      const step = await job.step('blue-green-shift', inputs(noProbes), { ...cancel, clock });
      const tookMs = performance.now() - cancel.at();
      expect({ exitCode: step.exitCode, outcome: step.outputs['outcome'], log: step.log }).toMatchObject({
        exitCode: 1,
        outcome: 'cancelled',
      });
      expect(tookMs).toBeLessThan(cancelLimitMs);
      expect(await weights()).toEqual({ [ec2]: 100, [a]: 0 });
      expect(await testRules(job)).toEqual([]);
    },
    60_000,
  );
});

test('cancelled while AWS throttles every read, it says in time what a person has to do', async () => {
  const throttle = [{ id: 'throttle', match: { ...theJob, mutates: false }, effect: 'throttle' }];
  const cancel = cancelAt(bakes);
  let loaded: Promise<void> | undefined;
  let endedAt: number | undefined;
  const step = await job.step('blue-green-shift', inputs(noProbes), {
    ...cancel,
    onLine: (line) => {
      if (bakes.test(line)) loaded ??= job.faults(throttle).then(() => cancel.onLine(line));
      if (!/way back failed/.test(line)) return;
      // The step is over; its post step finds AWS answering again.
      endedAt ??= performance.now();
      loaded = loaded?.then(() => job.faults());
    },
    clock: 'real',
  });
  await loaded;
  const tookMs = (endedAt ?? Number.POSITIVE_INFINITY) - cancel.at();
  expect({ exitCode: step.exitCode, outcome: step.outputs['outcome'] }).toEqual({
    exitCode: 1,
    outcome: 'rollback-failed',
  });
  expect(tookMs).toBeLessThan(cancelLimitMs);
  expect(explanation(step)).toContain('aws elbv2 modify-listener');
  // What the step could not do, its post step did.
  expect(await weights()).toEqual({ [ec2]: 100, [a]: 0 });
  expect(await testRules(job)).toEqual([]);
}, 60_000);

(process.platform === 'linux' ? test : test.skip)(
  'killed while a step bakes, nothing runs on here, the post step puts everything back, and the next run promotes',
  async () => {
    const killed = await job.step('blue-green-shift', inputs(), {
      onLine: (line) => {
        if (bakes.test(line)) job.kill('blue-green-shift');
      },
    });
    expect(killed.exitCode).toBe(137);
    expect(job.processes()).toEqual([]);
    expect(killed.log.join('\n')).toContain('The job ended before its shift did: putting it away.');
    expect(await weights()).toEqual({ [ec2]: 100, [a]: 0 });
    expect(await testRules(job)).toEqual([]);
    const after = await job.step('blue-green-shift', inputs());
    expect({ outcome: after.outputs['outcome'], said: explanation(after) }).toMatchObject({
      outcome: expect.stringMatching(/^promoted/),
    });
    expect(await weights()).toEqual({ [ec2]: 0, [a]: 100 });
  },
  60_000,
);
if (process.platform !== 'linux') noteSkip('killed runners: run npm test test/e2e/bundles on Linux');

test("somebody else's weights are left alone, and said", async () => {
  const theirs = { [ec2]: 70, [a]: 30 };
  const step = await job.step('blue-green-shift', inputs(), {
    onLine: (line) => {
      if (!bakes.test(line)) return;
      const weights = { [groupArns[ec2]!]: 70, [groupArns[a]!]: 30 };
      void job.faults(
        [],
        [
          {
            id: 'hand',
            atMs: 5000,
            event: { kind: 'set-weights', ruleArn: job.variable('LAB_LISTENER_ARN'), weights },
          },
        ],
      );
    },
  });
  expect({ exitCode: step.exitCode, outcome: step.outputs['outcome'] }).toEqual({
    exitCode: 1,
    outcome: 'interfered',
  });
  expect(JSON.parse(step.outputs['weights']!)).toEqual(theirs);
  expect(explanation(step)).toMatch(/somebody|someone/i);
  expect(await weights()).toEqual(theirs);
  expect(await testRules(job)).toEqual([]);
}, 60_000);

test('lost answers of every write change nothing about the end', async () => {
  const writes = ['CreateRule', 'ModifyListener', 'DeleteRule', 'UpdateService'];
  await job.faults(
    writes.map((operation) => ({
      id: operation,
      match: { ...theJob, operation },
      nth: 1,
      effect: 'reset-after-effect',
    })),
  );
  const step = await job.step('blue-green-shift', inputs());
  expect({ outcome: step.outputs['outcome'], said: explanation(step) }).toMatchObject({
    outcome: expect.stringMatching(/^promoted/),
  });
  expect(await weights()).toEqual({ [ec2]: 0, [a]: 100 });
  expect(await testRules(job)).toEqual([]);
}, 60_000);

test('AWS gone in mid bake ends, and tells a person the words that put the weights back', async () => {
  const other = await Job.open(['--scale', '120']);
  try {
    const file = await other.render(await other.build('1.0.0'));
    await other.createService(file, 0);
    const step = await other.step('blue-green-shift', inputs({ 'task-definition': file }, other), {
      onLine: (line) => {
        if (bakes.test(line)) other.lab.child.kill('SIGKILL');
      },
      deadlineMs: 45_000,
    });
    job.shown.push(...other.shown);
    expect({ exitCode: step.exitCode, outcome: step.outputs['outcome'] }).toEqual({
      exitCode: 1,
      outcome: 'rollback-failed',
    });
    expect(explanation(step)).toContain('aws elbv2 modify-listener');
    expect(step.summaryMarkdown).toContain('elbv2');
  } finally {
    await other.close();
  }
}, 60_000);

test('nothing that was shown holds a secret, nor the value that opens the test rule', async () => {
  const shown = job.shown.join('\n');
  expect(shown.length).toBeGreaterThan(1000);
  for (const secret of job.secrets()) expect(shown).not.toContain(secret);
  // 24 random bytes in hex: what the test rule's header holds.
  expect(shown).not.toMatch(/(?<![0-9a-f])[0-9a-f]{48}(?![0-9a-f])/);
});
