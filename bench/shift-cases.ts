/** What may happen to a shift under its users' eyes, and how it has to end. */
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { names } from '../src/lab/journey/stage.ts';
import { cluster, service, type Words } from '../test/e2e/bundles/job.ts';
import type { Seen, ShiftStage, StageSettings } from './shift-stage.ts';

export interface ShiftCase {
  readonly name: string;
  readonly stage?: Partial<StageSettings>;
  readonly inputs?: Words;
  /** Before the shift begins. */
  readonly before?: (stage: ShiftStage) => Promise<void>;
  /** At the first line that matches. */
  readonly at?: { readonly line: RegExp; readonly happens: (stage: ShiftStage) => Promise<void> | void };
  /** The job is cancelled at the first line that matches. */
  readonly cancelAt?: RegExp;
  readonly outcomes: readonly string[];
  readonly causes?: readonly string[];
  /** Percent of green at the end; 100 after a promotion, 0 else, where left out. */
  readonly greenShare?: number;
  /** Test rules left; none where left out. */
  readonly testRules?: number;
  /** Nothing holds a step of this one: from the first weight to the last it may take its bakes and at most 15 %. */
  readonly inTime?: boolean;
  /** Most requests that may meet an error or no answer; any number where left out. */
  readonly harmedAtMost?: (seen: Seen, settings: StageSettings) => number;
}

const baked = (percent: number): RegExp => new RegExp(`Green has ${percent} %`);

/** Judged by their users alone: probes that ask the health path only. */
const usersOnly: Words = { 'probe-paths': '/health', accept: 'unproven' };

/** What blue's own rate predicts, and five standard deviations. */
const asBlue =
  (rate: number) =>
  ({ load }: Seen): number =>
    load.sent * rate + 5 * Math.sqrt(load.sent * rate);

/**
 * `60 * R * w * (T + D)`: evidence takes two closed minutes at most, metrics are 2.2 minutes late. That is what is to be
 * expected at the worst moment of a minute; which request meets green is drawn, hence four standard deviations. `share` of
 * its requests fail, and show so many minutes after they were sent.
 */
const badAtStep =
  (percent: number, share = 1, showAfterMinutes = 0) =>
  (_seen: Seen, { rate, scale }: StageSettings): number => {
    const expected = 60 * (rate / scale) * (percent / 100) * share * (2 + 2.2 + showAfterMinutes);
    return expected + 4 * Math.sqrt(expected);
  };

/** Bakes of less than CloudWatch's five minutes are held until its counts are there: nothing holds these. */
const unheld: Words = { 'bake-time': '5m' };

const nobody = (): number => 0;

const alarm = 'ips-api-5xx';

async function makeAlarm(stage: ShiftStage, state: 'OK' | 'ALARM'): Promise<void> {
  const client = new CloudWatchClient({
    endpoint: stage.job.variable('AWS_ENDPOINT_URL'),
    region: stage.job.variable('AWS_REGION'),
    credentials: {
      accessKeyId: stage.job.variable('AWS_ACCESS_KEY_ID'),
      secretAccessKey: stage.job.variable('AWS_SECRET_ACCESS_KEY'),
    },
  });
  try {
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [alarm] }));
    if (MetricAlarms?.length === 0) {
      await client.send(
        new PutMetricAlarmCommand({
          AlarmName: alarm,
          Namespace: 'ips/api',
          MetricName: 'exports-failed',
          Statistic: 'Sum',
          Period: 60,
          EvaluationPeriods: 2,
          Threshold: 5,
          ComparisonOperator: 'GreaterThanThreshold',
          // Its data come from elsewhere: what it says is what it was set to.
          TreatMissingData: 'ignore',
        }),
      );
    }
    await client.send(
      new SetAlarmStateCommand({ AlarmName: alarm, StateValue: state, StateReason: 'exports fail' }),
    );
  } finally {
    client.destroy();
  }
}

const event = (stage: ShiftStage, what: object): Promise<void> =>
  stage.job.faults([], [{ id: 'event', atMs: 0, event: what }]);

const bad = (
  name: string,
  green: string,
  causes: readonly string[],
  more: Partial<ShiftCase> = {},
): ShiftCase => ({
  name,
  stage: { green },
  inputs: usersOnly,
  outcomes: ['rolled-back'],
  causes,
  ...more,
});

export const shiftCases: readonly ShiftCase[] = [
  {
    name: 'good',
    stage: { blue: 'errors:0.002', green: 'errors:0.002', warmMinutes: 6 },
    inputs: unheld,
    inTime: true,
    outcomes: ['promoted'],
    harmedAtMost: asBlue(0.002),
  },
  bad('dead before any weight: crash at start', 'crash-at-start', ['container-exited'], {
    harmedAtMost: nobody,
  }),
  bad('dead before any weight: never healthy', 'never-healthy', ['container-health', 'target-health'], {
    harmedAtMost: nobody,
  }),
  bad('dead before any weight: by its probes', 'errors:1', ['probes'], { inputs: {}, harmedAtMost: nobody }),
  bad('dead at 10 %', 'errors:1', ['errors'], { harmedAtMost: badAtStep(10) }),
  bad('healthy, and 5xx', 'errors:0.2', ['errors']),
  // Nine requests in ten take that route, and the load balancer waits a minute for each.
  bad('one route hangs', 'hang-route:/api/v1/sessions', ['unanswered'], {
    harmedAtMost: badAtStep(10, 0.9, 1),
  }),
  bad('closes connections', 'close-connections:0.2', ['unanswered', 'errors']),
  bad('slow', 'slow:400', ['slow'], { stage: { green: 'slow:400', warmMinutes: 6 } }),
  bad('one minute in five', 'one-minute-in-five:1', ['errors'], {
    inputs: { ...usersOnly, 'bake-time': '15m,2m,2m' },
  }),
  bad('crash after 50 %', 'good', ['container-exited'], {
    at: { line: baked(50), happens: (stage) => stage.killGreen() },
  }),
  {
    name: 'blue is as bad',
    stage: { blue: 'errors:0.03', green: 'errors:0.03' },
    inputs: { 'slo-error-rate': '1%', timeout: '25m' },
    outcomes: ['timed-out', 'rolled-back'],
  },
  { name: 'no traffic', stage: { rate: 0, scale: 60 }, outcomes: ['promoted-on-probes'] },
  {
    name: 'metrics missing for five minutes',
    at: {
      line: baked(10),
      happens: (stage) => event(stage, { kind: 'metrics-gap', durationMs: 300_000 }),
    },
    outcomes: ['promoted', 'promoted-on-probes'],
    harmedAtMost: nobody,
  },
  {
    name: 'metrics five minutes late',
    before: (stage) => event(stage, { kind: 'metrics-late', minDelayMs: 300_000, maxDelayMs: 300_000 }),
    outcomes: ['promoted'],
    harmedAtMost: nobody,
  },
  {
    name: 'metrics one to six minutes late, each by itself',
    before: (stage) => event(stage, { kind: 'metrics-late', minDelayMs: 60_000, maxDelayMs: 360_000 }),
    outcomes: ['promoted'],
    harmedAtMost: nobody,
  },
  {
    name: 'a zone is lost in the middle',
    at: {
      line: baked(10),
      happens: (stage) => event(stage, { kind: 'zone-dark', zone: 'ap-south-1b' }),
    },
    outcomes: ['rolled-back'],
  },
  {
    name: 'alarm before',
    before: (stage) => makeAlarm(stage, 'ALARM'),
    inputs: { alarms: alarm },
    outcomes: ['refused'],
    harmedAtMost: nobody,
  },
  {
    name: 'alarm during',
    before: (stage) => makeAlarm(stage, 'OK'),
    inputs: { alarms: alarm },
    at: { line: baked(10), happens: (stage) => makeAlarm(stage, 'ALARM') },
    outcomes: ['rolled-back'],
    causes: ['alarm'],
    harmedAtMost: nobody,
  },
  {
    name: 'weights stolen',
    at: { line: baked(10), happens: (stage) => stage.writeWeights(70) },
    outcomes: ['interfered'],
    greenShare: 30,
    harmedAtMost: nobody,
  },
  {
    name: 'scaling storm',
    inputs: unheld,
    inTime: true,
    at: {
      line: baked(10),
      happens: async ({ job }) => {
        for (const desiredCount of [5, 7, 6, 8]) {
          await job.ecs.send(new UpdateServiceCommand({ cluster, service: names.serviceB, desiredCount }));
          await job.ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount }));
        }
      },
    },
    outcomes: ['promoted'],
    harmedAtMost: nobody,
  },
  {
    name: 'a second shift',
    inputs: unheld,
    inTime: true,
    at: {
      line: baked(10),
      happens: async (stage) => {
        const second = await stage.job.step('blue-green-shift', stage.inputs({}));
        const outcome = second.outputs['outcome'];
        if (outcome !== 'refused')
          throw new Error(`The second shift was ${outcome}: ${second.log.join('\n')}`);
      },
    },
    outcomes: ['promoted'],
    harmedAtMost: nobody,
  },
  {
    name: 'green revived on an old revision',
    at: {
      line: baked(10),
      happens: async ({ job }) => {
        const { taskDefinition } = await job.readService();
        await job.ecs.send(new UpdateServiceCommand({ cluster, service: names.serviceB, taskDefinition }));
      },
    },
    outcomes: ['rolled-back'],
    harmedAtMost: nobody,
  },
  ...[
    ['while green starts', /Waiting for green/],
    ['while probed', /Probing green/],
    ['at 10 %', baked(10)],
    ['at 50 %', baked(50)],
    ['at 100 %', baked(100)],
  ].map(
    ([when, line]): ShiftCase => ({
      name: `cancelled ${when}`,
      cancelAt: line as RegExp,
      outcomes: ['cancelled'],
      harmedAtMost: nobody,
    }),
  ),
  {
    name: 'cancelled past the point of no return',
    inputs: { 'blue-after': 'scale-to-zero' },
    cancelAt: /point of no return/,
    outcomes: ['cancelled'],
    greenShare: 100,
    // It says to a later run that blue is no way back any more.
    testRules: 1,
    harmedAtMost: nobody,
  },
];

/** From the first weight write to the last, milliseconds of the region's time; undefined where there was none. */
export function shiftingMs({ written }: Seen): number | undefined {
  const first = written.find(({ green }) => green > 0);
  const last = written.at(-1);
  return first === undefined || last === undefined ? undefined : last.at - first.at;
}

/** Two bakes of five minutes lie between the first weight and the last, and 15 % are allowed on top. */
const inTimeMs = 2 * 300_000 * 1.15;

/** Empty where it ended as it has to, else what is not as it has to be. */
export function complaintsOf(wanted: ShiftCase, seen: Seen, settings: StageSettings): readonly string[] {
  const wrong: string[] = [];
  const outcome = seen.step.outputs['outcome'] ?? '(none)';
  const cause = seen.step.outputs['cause'] ?? '';
  const harmed = seen.load.harmed + seen.load.dropped;
  const good = outcome.startsWith('promoted');
  const share = wanted.greenShare ?? (good ? 100 : 0);
  if (!wanted.outcomes.includes(outcome))
    wrong.push(`outcome ${outcome}, not ${wanted.outcomes.join(' or ')}`);
  if (wanted.causes !== undefined && !wanted.causes.includes(cause))
    wrong.push(`cause ${cause}, not ${wanted.causes.join(' or ')}`);
  if (seen.step.exitCode !== (good ? 0 : 1)) wrong.push(`exit code ${seen.step.exitCode}`);
  if (seen.greenShare !== share) wrong.push(`green has ${seen.greenShare} %, not ${share}`);
  if (seen.testRules !== (wanted.testRules ?? 0)) wrong.push(`${seen.testRules} test rules left`);
  if (good && seen.load.dropped > 0) wrong.push(`${seen.load.dropped} requests dropped`);
  const cut = [502, 503, 504].reduce((sum, code) => sum + (seen.load.codes[code] ?? 0), 0);
  if (good && cut > 0) wrong.push(`${cut} requests answered by the load balancer itself`);
  const most = wanted.harmedAtMost?.(seen, settings);
  if (most !== undefined && harmed > most)
    wrong.push(`${harmed} requests harmed, at most ${most.toFixed(0)}`);
  const took = shiftingMs(seen);
  if (wanted.inTime === true && !(took !== undefined && took <= inTimeMs)) {
    wrong.push(`${took} ms from the first weight to the last, at most ${inTimeMs}`);
  }
  return wrong;
}
