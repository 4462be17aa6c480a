/**
 * Four ways to bring a release to users, in the lab, on the same seeded traffic: this kit, the guide's alarm beside
 * a ladder of sleeps, a threshold as Flagger has it, and the ladder alone. Prints a table, and writes it and a
 * picture into the documents with `--write`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTrafficReader } from '../src/aws/elb-metrics.ts';
import { createWorldCaller } from '../src/lab/virtual/world-caller.ts';
import type { AppModel } from '../src/lab/world/sim/app-model.ts';
import {
  cluster,
  makeRegion,
  minute,
  type Region,
  registerImage,
  settle,
  setWeights,
  shift,
} from '../test/simulation/shift/region.ts';
import { drawBars } from './draw-bars.ts';
import { median, repository, table } from './support.ts';

const ladder = [10, 50, 100];
const bakeMs = 5 * minute;
/** Somebody looks after an hour, if nothing has gone back by then. */
const watchedMs = 60 * minute;
const seeds = [1, 2, 3];

interface Run {
  readonly harmed: number;
  /** From the first weight to the way back; undefined where there was none. */
  readonly minutes: number | undefined;
}

type Way = (region: Region) => Promise<Run>;

/** What green is like, from the first request on. */
const releases: readonly (readonly [string, Partial<AppModel>])[] = [
  ['good', {}],
  ['fails 2 %', { errorRate: 0.02 }],
  ['fails 20 %', { errorRate: 0.2 }],
  ['dead', { errorRate: 1 }],
  ['hangs 15 %', { hangShare: 0.15 }],
  ['closes 15 %', { closeShare: 0.15 }],
];

const kit =
  (inputs: Readonly<Record<string, string>>): Way =>
  async (region) => {
    const before = region.world.kernel.now;
    await shift(region, { 'bake-time': '5m', ...inputs });
    const weights = region.states.at(-1)?.weights ?? [];
    const firstAt = weights.find((weight) => weight.percent > 0)?.at;
    const last = weights.at(-1);
    const wentBack = last?.percent === 0;
    await settle(region, Math.max(0, (firstAt ?? before) + watchedMs - region.world.kernel.now));
    return {
      harmed: region.traffic.total.harmed,
      minutes: !wentBack ? undefined : firstAt === undefined ? 0 : (last.at - firstAt) / minute,
    };
  };

/** The same ladder with a sleep at each step, and one question each minute. */
function sleeping(prepare: (region: Region) => () => Promise<boolean>): Way {
  return async (region) => {
    const { world, groups } = region;
    await deployGreen(region);
    const isBad = prepare(region);
    const startedAt = world.kernel.now;
    let wentBackAt: number | undefined;
    for (let at = 0; at < watchedMs; at += minute) {
      const percent = ladder[Math.min(ladder.length - 1, Math.floor(at / bakeMs))]!;
      if (wentBackAt === undefined && at % bakeMs === 0) {
        setWeights(region, { [groups.a]: 100 - percent, [groups.b]: percent });
      }
      await settle(region, minute);
      if (wentBackAt === undefined && (await isBad())) {
        wentBackAt = world.kernel.now;
        setWeights(region, { [groups.a]: 100, [groups.b]: 0 });
      }
    }
    return {
      harmed: region.traffic.total.harmed,
      minutes: wentBackAt === undefined ? undefined : (wentBackAt - startedAt) / minute,
    };
  };
}

async function deployGreen(region: Region): Promise<void> {
  const { world, groups } = region;
  setWeights(region, { [groups.a]: 100, [groups.b]: 0 });
  world.must('ecs', 'CreateService', {
    cluster,
    serviceName: 'api-green',
    taskDefinition: 'api:2',
    desiredCount: 3,
    launchType: 'FARGATE',
    loadBalancers: [{ targetGroupArn: groups.b, containerName: 'api', containerPort: 5000 }],
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b', 'subnet-c'] } },
  });
  await settle(region, 3 * minute);
}

const sleepsAlone = sleeping(() => async () => false);

const guidesAlarm = sleeping((region) => {
  const { world, groups, loadBalancerArn } = region;
  world.must('cloudwatch', 'PutMetricAlarm', {
    AlarmName: 'ips-api-high-error-rate',
    Namespace: 'AWS/ApplicationELB',
    MetricName: 'HTTPCode_Target_5XX_Count',
    Dimensions: [
      { Name: 'LoadBalancer', Value: loadBalancerArn.slice(loadBalancerArn.indexOf(':loadbalancer/') + 14) },
      { Name: 'TargetGroup', Value: groups.b.slice(groups.b.indexOf(':targetgroup/') + 1) },
    ],
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 2,
    Threshold: 50,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  return async () => world.cloudwatch.alarmState('ips-api-high-error-rate') === 'ALARM';
});

/** Success of all that reached green below 99 % in a minute is a failed check; the fifth goes back. */
const threshold = sleeping((region) => {
  const { world, time, groups, loadBalancerArn } = region;
  const aws = createWorldCaller(world, time, world.root);
  const readTraffic = createTrafficReader(aws, { loadBalancerArn, targetGroupArns: [groups.b] });
  let failedChecks = 0;
  return async () => {
    const toMs = Math.floor((world.kernel.now - 2 * minute) / minute) * minute;
    const read = await time.run(readTraffic(toMs - minute, toMs));
    const green = read.groups[0]?.minutes[0];
    if (green !== undefined && (green.errors + green.unanswered) / green.requests > 0.01) failedChecks += 1;
    return failedChecks >= 5;
  };
});

const ways: readonly (readonly [string, Way])[] = [
  ['this kit', kit({})],
  ['this kit, no probes', kit({ 'probe-count': '0', 'probes-per-step': '0' })],
  ['threshold', threshold],
  ["the guide's alarm", guidesAlarm],
  ['sleeps alone', sleepsAlone],
];

async function measure(app: Partial<AppModel>, way: Way): Promise<Run> {
  const runs: Run[] = [];
  for (const seed of seeds) {
    const region = await makeRegion('ecs', { seed, apps: { v2: app } });
    registerImage(region, 'v2');
    runs.push(await way(region));
  }
  const minutes = runs.map((run) => run.minutes ?? Number.POSITIVE_INFINITY);
  const middle = median(minutes);
  return {
    harmed: Math.round(median(runs.map((run) => run.harmed))),
    minutes: Number.isFinite(middle) ? middle : undefined,
  };
}

const measured: Run[][] = [];
for (const [, app] of releases) {
  const row: Run[] = [];
  for (const [, way] of ways) row.push(await measure(app, way));
  measured.push(row);
}
const told = ({ harmed, minutes }: Run): string => {
  const when =
    minutes === undefined ? 'stays' : minutes === 0 ? 'before any weight' : `${minutes.toFixed(1)} min`;
  return `${harmed.toLocaleString('en-US')} / ${when}`;
};
const head = ['release', ...ways.map(([name]) => name)];
const rows = releases.map(([name], index) => [name, ...measured[index]!.map(told)]);
console.log(
  `100 requests a second, 10/50/100 % with 5 min each, an hour from the first weight, medians of seeds ${seeds.join(', ')}.\nFailed requests / minutes to the way back:`,
);
console.log(table(head, rows));

if (process.argv.includes('--write')) {
  const picture = drawBars(
    'Requests that failed within an hour',
    releases.map(([name]) => name),
    ways.map(([name], way) => ({ name, values: measured.map((row) => row[way]!.harmed) })),
  );
  writeFileSync(join(repository, 'docs/images/shift-gates.svg'), picture);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const markdown = [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  const file = join(repository, 'docs/judge.md');
  const [begin, end] = ['<!-- bench:begin -->', '<!-- bench:end -->'];
  const text = readFileSync(file, 'utf8');
  const [before, after] = [text.split(begin)[0], text.split(end)[1]];
  writeFileSync(file, `${before}${begin}\n${markdown}\n${end}${after}`);
}
