/** Blue kept small for a time (`keep-blue-at`): its tasks first and then its traffic, whatever happens meanwhile. */
import { describe, expect, test } from '@jest/globals';
import { type AppModel, badApps } from '../../../src/lab/world/sim/app-model.ts';
import { dyingWhen, Killed } from './dying.ts';
import { expectTidy, scalable, scalingNow } from './leftovers.ts';
import {
  cancelAfter,
  cluster,
  liveWeights,
  makeRegion,
  minute,
  postStep,
  type Region,
  registerImage,
  rulesOfListener,
  serviceNow,
  settle,
  shift,
} from './region.ts';

const kept = {
  'blue-after': 'scale-to-zero',
  'keep-blue-for': '10m',
  'keep-blue-at': '1',
  timeout: '2h',
};
const allOfBlue = { 'api-a': 1, 'api-b': 0 };
const allOfGreen = { 'api-a': 0, 'api-b': 100 };

interface Seen {
  readonly at: number;
  readonly desired: number;
}

async function regionFor(
  seed: number,
  apps: Readonly<Record<string, Partial<AppModel>>> = {},
): Promise<Region & { readonly sizes: Seen[] }> {
  const region = await makeRegion('ecs', { seed, apps });
  scalable(region);
  registerImage(region, 'v2');
  const sizes: Seen[] = [];
  const { kernel } = region.world;
  const look = (): void => {
    const desired = serviceNow(region, 'api-blue').desiredCount;
    if (sizes.at(-1)?.desired !== desired) sizes.push({ at: kernel.now, desired });
    kernel.after(1000, look);
  };
  look();
  return { ...region, sizes };
}

/** Once blue is as small as it is kept, and `afterMs` have passed. */
function onceSmall(region: Region, afterMs: number, act: () => void): void {
  const { kernel } = region.world;
  const look = (): void => {
    if (serviceNow(region, 'api-blue').desiredCount === 1) kernel.after(afterMs, act);
    else kernel.after(1000, look);
  };
  look();
}

function deploysOldGreen(region: Region): void {
  region.world.must('ecs', 'UpdateService', { cluster, service: 'api-green', taskDefinition: 'api:1' });
}

/** Nobody is served by green any more. */
function takesTargetsOut({ world, groups }: Region): void {
  const described = world.must('elasticloadbalancing', 'DescribeTargetHealth', { TargetGroupArn: groups.b });
  const Targets = described.TargetHealthDescriptions.map((each: { Target: object }) => each.Target);
  world.must('elasticloadbalancing', 'DeregisterTargets', { TargetGroupArn: groups.b, Targets });
}

/** How many targets of blue were healthy when its traffic came back, by its own word to the test. */
function healthyBlueAtTheWay(region: Region): number {
  const { TargetHealthDescriptions } = region.world.must('elasticloadbalancing', 'DescribeTargetHealth', {
    TargetGroupArn: region.groups.a,
  });
  return TargetHealthDescriptions.filter(
    (each: { TargetHealth: { State: string } }) => each.TargetHealth.State === 'healthy',
  ).length;
}

function watchTheWay(region: Region): number[] {
  const seen: number[] = [];
  const call = region.world.call.bind(region.world);
  const watched: typeof call = (request) => {
    const before = liveWeights(region)['api-a'];
    const result = call(request);
    if (request.operation === 'ModifyRule' && before === 0 && liveWeights(region)['api-a'] !== 0) {
      seen.push(healthyBlueAtTheWay(region));
    }
    return result;
  };
  region.world.call = watched;
  return seen;
}

function expectThat(region: Region, outputs: Readonly<Record<string, string>>, outcome: string): void {
  if (outputs['outcome'] !== outcome) {
    throw new Error(
      `expected ${outcome}, got ${outputs['outcome']} (${outputs['cause']})\n${region.log.join('\n')}`,
    );
  }
}

test.each([
  ['1', 1],
  ['50%', 2],
] as const)(
  'keep-blue-at %s: small once it is drained, for its time, and then at its end',
  async (at, size) => {
    const region = await regionFor(1000);
    const result = await shift(region, { ...kept, 'keep-blue-at': at });
    expectThat(region, result.outputs, 'promoted');
    await settle(region, 2000);
    const [whole, small, ended, ...more] = region.sizes;
    expect([whole?.desired, small?.desired, ended?.desired, more]).toEqual([3, size, 0, []]);
    const { blueQuietAt, kept: inState } = region.states.at(-1)!;
    expect(inState).toMatchObject({ tasks: size, ordered: true });
    expect(inState!.since - blueQuietAt!).toBeGreaterThanOrEqual(60_000);
    const keptMs = ended!.at - small!.at;
    expect(keptMs).toBeGreaterThanOrEqual(10 * minute - 1000);
    expect(keptMs).toBeLessThan(10 * minute + 15_000);
    expectTidy(region);
    expect(scalingNow(region)).toMatchObject([
      { service: 'api-blue', min: 0 },
      { service: 'api-green', min: 2 },
    ]);
    expect(region.traffic.total.harmed).toBe(0);
    const plan = region.log.join('\n');
    expect(plan).toContain(`scale api-blue to ${size} of 3 tasks and keep it there for 10m`);
    expect(plan).toContain('the way back gives it its tasks first, for at most 15m');
  },
);

test('of as many tasks as blue has, or more, it stays whole, and the plan says so', async () => {
  const region = await regionFor(1001);
  const result = await shift(region, { ...kept, 'keep-blue-at': '3', 'dry-run': 'true' });
  expectThat(region, result.outputs, 'planned');
  expect(region.log.join('\n')).toContain('keep-blue-at leaves it 3: it stays whole for keep-blue-for');
  expect(region.log.join('\n')).toContain("Blue's end: keep it for 10m");
});

test('of EC2 instances it is refused, with its reason', async () => {
  const region = await makeRegion('host', { seed: 1002 });
  registerImage(region, 'v2');
  const { outputs, report } = await shift(region, {
    ...kept,
    'desired-count': '2',
    'green-target-group': 'api-b',
  });
  expectThat(region, outputs, 'refused');
  expect(outputs['cause']).toContain('blue-not-scalable');
  expect(report.sentence).toContain('No ECS service stands behind api-host');
});

describe('green turns bad while blue is small', () => {
  test('blue is whole before it gets its traffic, and nobody is harmed', async () => {
    const region = await regionFor(1010);
    const healthy = watchTheWay(region);
    onceSmall(region, 3 * minute, () => deploysOldGreen(region));
    const result = await shift(region, kept);
    expectThat(region, result.outputs, 'rolled-back');
    expect(result.outputs['cause']).toBe('green-superseded');
    expect(healthy).toEqual([3]);
    expect(region.sizes.map(({ desired }) => desired)).toEqual([3, 1, 3]);
    expect(liveWeights(region)).toEqual(allOfBlue);
    expectTidy(region);
    expect(scalingNow(region)[0]).toMatchObject({ service: 'api-blue', min: 2 });
    expect(region.traffic.total.harmed).toBe(0);
    expect(region.log.join('\n')).toMatch(
      /Blue has \d of 3 healthy targets; green keeps the traffic until it has all/,
    );
  });

  test('from a green that serves nobody half of it takes over', async () => {
    const region = await regionFor(1011);
    const healthy = watchTheWay(region);
    onceSmall(region, 3 * minute, () => takesTargetsOut(region));
    const result = await shift(region, kept);
    expectThat(region, result.outputs, 'rolled-back');
    expect(healthy[0]).toBeGreaterThanOrEqual(2);
    expect(region.sizes.map(({ desired }) => desired)).toEqual([3, 1, 3]);
    expect(liveWeights(region)).toEqual(allOfBlue);
    expectTidy(region);
  });

  test('and where half of it was kept, it takes over at once', async () => {
    const region = await regionFor(1012);
    const healthy = watchTheWay(region);
    let goneAt = 0;
    const { kernel } = region.world;
    const look = (): void => {
      if (serviceNow(region, 'api-blue').desiredCount !== 2) return void kernel.after(1000, look);
      kernel.after(3 * minute, () => {
        goneAt = kernel.now;
        takesTargetsOut(region);
      });
    };
    look();
    const result = await shift(region, { ...kept, 'keep-blue-at': '60%' });
    expectThat(region, result.outputs, 'rolled-back');
    expect(healthy).toEqual([2]);
    const backAt = region.states.at(-1)!.writtenAt;
    expect(backAt - goneAt).toBeLessThan(30_000);
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(3);
  });

  test('where blue may not be scaled the traffic stays, and a person is told what to do', async () => {
    const region = await regionFor(1013);
    onceSmall(region, 3 * minute, () => {
      region.world.loadFaults({
        rules: [{ id: 'full', match: { operation: 'UpdateService' }, effect: { kind: 'access-denied' } }],
        events: [],
      });
      takesTargetsOutOne(region);
    });
    const result = await shift(region, kept);
    expectThat(region, result.outputs, 'rollback-failed');
    expect(liveWeights(region)).toEqual(allOfGreen);
    expect(result.report.sentence).toContain(
      'Blue was kept at 1 tasks, and has 1 healthy targets of the 3 that carry everything',
    );
    expect(result.report.commands?.join('\n')).toContain(
      'aws ecs update-service --cluster shop --service api-blue --desired-count 3',
    );
    // Nothing is put away: an order, once it may scale again, goes all the way.
    expect(rulesOfListener(region)).toBe(3);
    region.world.loadFaults({ rules: [], events: [] });
    await settle(region, 6 * minute);
    const order = {
      'on-interrupted': 'rollback-only',
      cluster: '',
      'task-definition': '',
      'green-target-group': '',
    };
    const back = await shift(region, order, { runId: '2' });
    expectThat(region, back.outputs, 'rolled-back');
    expect(liveWeights(region)).toEqual(allOfBlue);
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(3);
    expectTidy(region);
  });
});

describe('blue’s tasks do not start any more', () => {
  const willNotStart = async (seed: number) => {
    const v1: { startFailure?: string } = {};
    const region = await regionFor(seed, { v1 });
    return { region, breaks: () => Object.assign(v1, badApps.pullFails) };
  };

  test('a green that serves keeps the traffic, and after ready-timeout a person is told', async () => {
    const { region, breaks } = await willNotStart(1014);
    onceSmall(region, 3 * minute, () => {
      breaks();
      takesTargetsOutOne(region);
    });
    const result = await shift(region, kept);
    expectThat(region, result.outputs, 'rollback-failed');
    expect(result.report.sentence).toMatch(/has 1 healthy targets of the 3 that carry everything after 15m/);
    expect(liveWeights(region)).toEqual(allOfGreen);
    // All the while nobody else takes it for dead.
    const notes = region.states.map(({ notedAt }) => notedAt);
    const silences = notes.slice(1).map((at, index) => at - notes[index]!);
    expect(Math.max(...silences)).toBeLessThan(90_000);
  });

  test('from one that serves nobody all goes to what blue has, at the end of that time', async () => {
    const { region, breaks } = await willNotStart(1015);
    const healthy = watchTheWay(region);
    let goneAt = 0;
    onceSmall(region, 3 * minute, () => {
      breaks();
      goneAt = region.world.kernel.now;
      takesTargetsOut(region);
    });
    const result = await shift(region, kept);
    expectThat(region, result.outputs, 'rolled-back');
    expect(healthy).toEqual([1]);
    expect(region.states.at(-1)!.writtenAt - goneAt).toBeGreaterThan(15 * minute);
  });
});

/** Green is one short: bad, and far from dead. */
function takesTargetsOutOne({ world, groups }: Region): void {
  const described = world.must('elasticloadbalancing', 'DescribeTargetHealth', { TargetGroupArn: groups.b });
  const [{ Target }] = described.TargetHealthDescriptions;
  world.must('elasticloadbalancing', 'DeregisterTargets', { TargetGroupArn: groups.b, Targets: [Target] });
}

describe('cancelled while blue is small', () => {
  test('the weights stay, and a later run goes on to its end', async () => {
    const region = await regionFor(1020);
    let told = 0;
    onceSmall(region, 3 * minute, () =>
      cancelAfter(region, 0, () => {
        told = region.world.kernel.now;
      }),
    );
    const result = await shift(region, kept);
    expectThat(region, result.outputs, 'cancelled');
    expect(region.world.kernel.now - told).toBeLessThan(10_000);
    expect(liveWeights(region)).toEqual(allOfGreen);
    expect(region.log.join('\n')).toContain(
      'blue is kept at 1 tasks and has 1 healthy targets, 3 carry everything',
    );
    expect(result.report.commands?.join('\n')).toContain('--service api-blue --desired-count 3');
    const next = await shift(region, kept, { runId: '2', cancelled: new AbortController().signal });
    expectThat(region, next.outputs, 'promoted');
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(0);
    expectTidy(region);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('or takes it back, blue first', async () => {
    const region = await regionFor(1021);
    const healthy = watchTheWay(region);
    onceSmall(region, 3 * minute, () => cancelAfter(region, 0));
    expectThat(region, (await shift(region, kept)).outputs, 'cancelled');
    const order = {
      'on-interrupted': 'rollback-only',
      cluster: '',
      'task-definition': '',
      'green-target-group': '',
    };
    const back = await shift(region, order, { runId: '2', cancelled: new AbortController().signal });
    expectThat(region, back.outputs, 'rolled-back');
    expect(healthy).toEqual([3]);
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(3);
    expectTidy(region);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('on its way back already: the post step goes on with it', async () => {
    const region = await regionFor(1022);
    const healthy = watchTheWay(region);
    onceSmall(region, 3 * minute, () => {
      deploysOldGreen(region);
      const { kernel } = region.world;
      const look = (): void => {
        if (serviceNow(region, 'api-blue').desiredCount === 3) cancelAfter(region, 5000);
        else kernel.after(500, look);
      };
      look();
    });
    const result = await shift(region, kept);
    expectThat(region, result.outputs, 'rollback-failed');
    expect(result.report.sentence).toContain('the job was cancelled');
    const after = await postStep(region, kept);
    expectThat(region, after!.outputs, 'rolled-back');
    expect(healthy).toEqual([3]);
    expectTidy(region);
  });
});

function dyingOnceSmall(
  region: Parameters<typeof onceSmall>[0],
  afterMs: number,
): ReturnType<typeof dyingWhen> {
  let dead = false;
  onceSmall(region, afterMs, () => {
    dead = true;
  });
  return dyingWhen(() => dead);
}

describe('the runner dies', () => {
  const { signal } = new AbortController();

  test.each([
    ['while blue is small', 4 * minute],
    ['as soon as it is', 0],
  ])('%s: the same revision goes on for the rest of its time', async (_when, afterMs) => {
    const region = await regionFor(1030);
    await expect(shift(region, kept, dyingOnceSmall(region, afterMs))).rejects.toBeInstanceOf(Killed);
    const next = await shift(region, kept, { runId: '2' });
    expectThat(region, next.outputs, 'promoted');
    await settle(region, 2000);
    expect(region.sizes.map(({ desired }) => desired)).toEqual([3, 1, 0]);
    const keptMs = region.sizes[2]!.at - region.sizes[1]!.at;
    expect(keptMs).toBeGreaterThanOrEqual(10 * minute - 1000);
    expect(keptMs).toBeLessThan(10 * minute + 15_000);
    expectTidy(region);
    expect(region.traffic.total.harmed).toBe(0);
  });

  test('with the record written and blue still whole: it is made small then', async () => {
    const region = await regionFor(1031);
    const dies = {
      wrap: (aws: Parameters<ReturnType<typeof dyingWhen>['wrap']>[0]) => ({
        call: ((operation, input, abort) => {
          const shrinks = operation === 'ecs:UpdateService' && liveWeights(region)['api-b'] === 100;
          if (shrinks) throw new Killed(operation);
          return aws.call(operation, input, abort);
        }) as typeof aws.call,
      }),
    };
    await expect(shift(region, kept, dies)).rejects.toBeInstanceOf(Killed);
    expect(serviceNow(region, 'api-blue').desiredCount).toBe(3);
    const next = await shift(region, kept, { runId: '2' });
    expectThat(region, next.outputs, 'promoted');
    await settle(region, 2000);
    expect(region.sizes.map(({ desired }) => desired)).toEqual([3, 1, 0]);
    expectTidy(region);
  });

  test('on the way back: the next one goes on with that', async () => {
    const region = await regionFor(1032);
    const healthy = watchTheWay(region);
    onceSmall(region, 3 * minute, () => deploysOldGreen(region));
    const isGrowing = () => region.sizes.length === 3;
    await expect(shift(region, kept, dyingWhen(isGrowing))).rejects.toBeInstanceOf(Killed);
    expect(liveWeights(region)).toEqual(allOfGreen);
    const next = await shift(region, { ...kept, 'on-interrupted': 'rollback' }, { runId: '2' });
    expectThat(region, next.outputs, 'rolled-back');
    expect(healthy).toEqual([3]);
    expect(liveWeights(region)).toEqual(allOfBlue);
    expectTidy(region);
  });

  test('and a newer release finds blue small: it is told, and green’s service again', async () => {
    const region = await regionFor(1033);
    await expect(shift(region, kept, dyingOnceSmall(region, minute))).rejects.toBeInstanceOf(Killed);
    registerImage(region, 'v3');
    const names = { 'blue-target-group': 'api-a' };
    const next = await shift(region, { ...kept, ...names }, { runId: '2', cancelled: signal });
    expectThat(region, next.outputs, 'promoted');
    expect(liveWeights(region)).toEqual({ 'api-a': 100, 'api-b': 0 });
    expect(serviceNow(region, 'api-blue')).toMatchObject({ desiredCount: 3 });
    expect(serviceNow(region, 'api-green')).toMatchObject({ desiredCount: 0 });
    expectTidy(region);
    expect(region.traffic.total.harmed).toBe(0);
  });
});

test('time that runs out while blue is small is no reason to take green back, and is told', async () => {
  const region = await regionFor(1040);
  const result = await shift(region, { ...kept, timeout: '25m' });
  expectThat(region, result.outputs, 'promoted');
  expect(serviceNow(region, 'api-blue').desiredCount).toBe(1);
  expect(result.report.remedy).toContain(
    'api-blue stays at 1 tasks: time ran out before keep-blue-for was over',
  );
  expectTidy(region);
  expect(scalingNow(region)[0]).toMatchObject({ service: 'api-blue', min: 1 });
});
