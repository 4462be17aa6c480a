/** How a shift looks: what its calls are, how soon it sees what happens, and on what it decides. */
import { describe, expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { AppModel } from '../../../src/lab/world/sim/app-model.ts';
import { parseRecording } from '../../../src/shift/recording.ts';
import { makeRegion, minute, type Region, registerImage, setWeights, shift } from './region.ts';

const noProbes = { 'probe-count': '0', 'probes-per-step': '0' };

async function prepared(seed: number, requestsPerSecond = 100): Promise<Region> {
  const region = await makeRegion('ecs', { seed, requestsPerSecond });
  registerImage(region, 'v2');
  region.world.must('cloudwatch', 'PutMetricAlarm', {
    AlarmName: 'checkout',
    Namespace: 'Shop',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'ignore',
  });
  return region;
}

test('while a step bakes a minute takes 22 calls, and where something is decided a dozen more', async () => {
  const region = await prepared(1001);
  const byMinute = new Map<number, number>();
  let all = 0;
  const wrap = (aws: AwsCaller): AwsCaller => ({
    call: (name, input, signal) => {
      all += 1;
      if (region.states.at(-1)?.phase.kind === 'bake') {
        const at = Math.floor(region.world.kernel.now / minute);
        byMinute.set(at, (byMinute.get(at) ?? 0) + 1);
      }
      return aws.call(name, input, signal);
    },
  });
  const { outputs } = await shift(region, { alarms: 'checkout', 'blue-after': 'scale-to-zero' }, { wrap });
  expect(outputs['outcome']).toBe('promoted');
  const calls = [...byMinute.values()];
  expect(calls.filter((count) => count > 22).length).toBeLessThanOrEqual(3);
  expect(Math.max(...calls)).toBeLessThanOrEqual(40);
  // Three steps in 17 minutes.
  expect(all).toBeLessThan(500);
});

test('what cannot have changed is not read: targets of a green that starts, ended tasks of one that stays', async () => {
  const region = await prepared(1002);
  const calls: Record<string, number> = {};
  const wrap = (aws: AwsCaller): AwsCaller => ({
    call: (name, input, signal) => {
      const state = region.states.at(-1);
      if (state?.lookAgain === false) {
        const key = `${name.slice(name.indexOf(':') + 1)} ${state.phase.kind}`;
        calls[key] = (calls[key] ?? 0) + 1;
      }
      return aws.call(name, input, signal);
    },
  });
  const { outputs } = await shift(region, { steps: '10,100', 'bake-time': '10m', ...noProbes }, { wrap });
  expect(outputs['outcome']).toBe('promoted');
  expect(calls['DescribeServices bake']).toBeGreaterThan(35);
  // Once more after what the whole look before the weight has seen.
  expect(calls['ListTasks bake'] ?? 0).toBeLessThanOrEqual(2);
  expect(calls['DescribeTargetHealth ready']).toBeLessThan(calls['DescribeServices ready']! / 2);
});

test.each<readonly [string, Readonly<Record<string, string>>, number]>([
  ['three steps', {}, 100],
  ['alarms and blue’s end', { alarms: 'checkout', 'blue-after': 'scale-to-zero' }, 100],
  ['one step that bakes for long', { steps: '100', 'bake-time': '20m', ...noProbes }, 100],
  ['many probes, little traffic', { 'probe-count': '400', 'probe-paths': '/cart', steps: '10,100' }, 0.2],
  ['nothing that is waited for', { 'bake-time': '0', accept: 'unproven' }, 0],
  ['a rest', { until: '10', unattended: 'accept' }, 100],
])('the plan tells about how many calls will be made: %s', async (_what, inputs, requestsPerSecond) => {
  const region = await prepared(1050, requestsPerSecond);
  let made = 0;
  const wrap = (aws: AwsCaller): AwsCaller => ({
    call: (name, input, signal) => {
      if (region.states.length > 0) made += 1;
      return aws.call(name, input, signal);
    },
  });
  const { outputs } = await shift(region, inputs, { wrap });
  expect(outputs['outcome']).toMatch(/promoted|paused/);
  const told = region.log.find((line) => line.includes('calls to AWS'));
  const planned = Number(/About ([\d,]+) calls/.exec(told ?? '')?.[1]?.replace(',', ''));
  expect(planned / made).toBeGreaterThan(0.85);
  expect(planned / made).toBeLessThan(1.3);
});

describe('what happens is seen soon', () => {
  interface Event {
    readonly what: string;
    /** From the event until the weights go back, or nothing more is done, milliseconds: in the first minute, and later. */
    readonly withinEarly: number;
    readonly within: number;
    readonly happens: (region: Region) => void;
    readonly outcome: string;
  }
  /** A look, the one that decides, and the write: some calls of 25 ms each after the other. */
  const decidingMs = 400;
  const events: readonly Event[] = [
    {
      what: 'a target that falls ill',
      withinEarly: 5000,
      within: 7500,
      outcome: 'rolled-back',
      happens: ({ world, groups }) => {
        const [target] = world
          .routing()
          .targetGroups()
          .find((each) => each.targetGroupArn === groups.b)!.targets;
        world.must('elasticloadbalancing', 'DeregisterTargets', {
          TargetGroupArn: groups.b,
          Targets: [{ Id: target!.id, Port: target!.port }],
        });
      },
    },
    {
      what: 'an alarm',
      withinEarly: 20_000,
      within: 20_000,
      outcome: 'rolled-back',
      happens: ({ world }) =>
        void world.must('cloudwatch', 'SetAlarmState', {
          AlarmName: 'checkout',
          StateValue: 'ALARM',
          StateReason: 'harm is done',
        }),
    },
    {
      what: 'weights of somebody else',
      withinEarly: 20_000,
      within: 20_000,
      outcome: 'interfered',
      happens: (region) => setWeights(region, { [region.groups.a]: 70, [region.groups.b]: 30 }),
    },
  ];
  for (const event of events) {
    test.each([3, 14, 23, 41, 53, 64, 71, 138, 145])(
      `${event.what}, %i s into the first step`,
      async (afterS) => {
        const region = await prepared(1010 + afterS);
        let happenedAt: number | undefined;
        let sawAt: number | undefined;
        const wrap = (aws: AwsCaller): AwsCaller => ({
          call: (name, input, signal) => {
            const isWrite = ['ModifyRule', 'DeleteRule'].some((each) => name.endsWith(each));
            if (happenedAt !== undefined && isWrite) sawAt ??= region.world.kernel.now;
            return aws.call(name, input, signal);
          },
        });
        const run = shift(
          region,
          { alarms: 'checkout', steps: '10,100', 'bake-time': '10m', ...noProbes },
          {
            wrap,
            onEvent: ({ code }) => {
              if (code !== 'shift.weights-verified' || happenedAt !== undefined) return;
              region.world.kernel.after(afterS * 1000, () => {
                happenedAt = region.world.kernel.now;
                event.happens(region);
              });
            },
          },
        );
        const { outputs } = await run;
        expect(outputs['outcome']).toBe(event.outcome);
        expect(sawAt! - happenedAt!).toBeGreaterThan(0);
        expect(sawAt! - happenedAt!).toBeLessThanOrEqual(
          (afterS < 60 ? event.withinEarly : event.within) + decidingMs,
        );
      },
    );
  }
});

test.each([1031, 1032, 1033, 1034])(
  'a task that ends takes the weights back within 7.5 s, seed %i',
  async (seed) => {
    const region = await makeRegion('ecs', {
      seed,
      apps: { v2: { crashAfterMs: 200_000 + 1700 * (seed % 10) } },
    });
    registerImage(region, 'v2');
    let sawAt: number | undefined;
    const wrap = (aws: AwsCaller): AwsCaller => ({
      call: (name, input, signal) => {
        if (name.endsWith('ModifyRule') && region.states.at(-1)?.phase.kind === 'undo')
          sawAt ??= region.world.kernel.now;
        return aws.call(name, input, signal);
      },
    });
    const { outputs } = await shift(region, { steps: '10,100', 'bake-time': '10m', ...noProbes }, { wrap });
    expect(outputs).toMatchObject({ outcome: 'rolled-back', cause: 'container-exited' });
    const ended = region.world.kernel.journal.find(
      ({ kind, detail }) =>
        kind === 'ecs.task-state' && /EssentialContainerExited/.test(String(detail['stopCode'])),
    );
    expect(sawAt! - ended!.at).toBeLessThanOrEqual(7900);
  },
);

test('nothing but waiting rests on a look that has not read everything', async () => {
  const apps: readonly (readonly [number, Partial<AppModel>])[] = [
    [1041, {}],
    [1042, { errorRate: 0.2 }],
    [1043, { crashAfterMs: 200_000 }],
  ];
  for (const [seed, app] of apps) {
    const region = await makeRegion('ecs', { seed, apps: { v2: app } });
    registerImage(region, 'v2');
    const files = new Map<string, string>();
    await shift(region, { recording: 'flight.jsonl', 'blue-after': 'scale-to-zero' }, { files });
    let whole = false;
    const kinds = { whole: 0, part: 0 };
    for (const line of parseRecording(files.get('flight.jsonl')!)) {
      if (line.kind !== 'look') continue;
      whole = line.facts?.whole ?? whole;
      kinds[whole ? 'whole' : 'part'] += 1;
      const { act, phase } = line.decided;
      const isBeforeGreen = ['lock', 'attach', 'quieten', 'deploy'].includes(phase);
      if (act === undefined || act.kind === 'note' || isBeforeGreen) continue;
      expect({ act, phase, whole }).toEqual({ act, phase, whole: true });
    }
    expect(kinds.part).toBeGreaterThan(kinds.whole);
  }
});
