/** The pre-deploy task: what it decides, and what is left of it when a job dies, is cancelled or runs again. */
import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import type { PreDeployRequest } from '../../../src/inputs/pre-deploy.ts';
import type { FaultRule } from '../../../src/lab/world/faults/index.ts';
import type { AppModel } from '../../../src/lab/world/sim/app-model.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import {
  cluster,
  definitionOf,
  filesOf,
  makeRegion,
  portsOf,
  type Region,
  type RequestChange,
  request,
  revisionsOf,
  runningImages,
  service,
  settle,
} from './region.ts';

const preDeploy: PreDeployRequest = {
  command: ['./migrate', '--to', 'head'],
  container: undefined,
  timeoutMs: 120_000,
};
const migrations = {
  passes: { crashAfterMs: 20_000, exitCode: 0, crashLog: ['migrated to 42'] },
  fails: { crashAfterMs: 20_000, exitCode: 3, crashLog: ['relation "users" does not exist'] },
  hangs: { crashLog: [] },
  noImage: { startFailure: 'CannotPullContainerError: failed to resolve ref: image not found' },
} as const satisfies Record<string, Partial<AppModel>>;

interface Attempt extends RequestChange {
  readonly attempt?: number;
  readonly definition?: typeof definitionOf;
  /** Stops the clock of this run by its death: no more calls after this many. */
  readonly diesAfter?: number;
}

class Killed extends Error {}

async function migrateAndDeploy(region: Region, change: Attempt = {}): Promise<ActionResult | 'killed'> {
  const { attempt = 1, definition = definitionOf, diesAfter, ...asked } = change;
  region.files.set('task-definition.json', JSON.stringify(definition('good-2')));
  const ports = portsOf(region);
  let calls = 0;
  const dies: typeof ports.aws = {
    async call(...args) {
      if (diesAfter !== undefined && calls >= diesAfter) throw new Killed();
      const answer = await ports.aws.call(...args);
      if (++calls === diesAfter) throw new Killed();
      return answer;
    },
  };
  const work = runRollingDeploy(request({ preDeploy, ...asked }), {
    ...ports,
    aws: dies,
    context: { ...ports.context, runAttempt: String(attempt) },
    ...filesOf(region),
  });
  return region.time.run(
    work.catch((error: unknown) => {
      if (error instanceof Killed) return 'killed' as const;
      throw error;
    }),
  );
}

interface SeenTask {
  readonly taskArn: string;
  readonly lastStatus: string;
  readonly taskDefinitionArn: string;
  readonly platformVersion: string;
  readonly launchType: string;
  readonly stoppedReason?: string;
  readonly containers: readonly { readonly name: string; readonly exitCode?: number }[];
  readonly attachments: readonly { readonly details: readonly { name: string; value: string }[] }[];
}

/** Tasks outside of the service. */
function migrationTasks({ world }: Region): readonly SeenTask[] {
  const arns = ['RUNNING', 'STOPPED'].flatMap(
    (desiredStatus) => world.must('ecs', 'ListTasks', { cluster, desiredStatus }).taskArns as string[],
  );
  if (arns.length === 0) return [];
  const { tasks } = world.must('ecs', 'DescribeTasks', { cluster, tasks: arns });
  return tasks.filter((task: { startedBy?: string }) => task.startedBy?.startsWith('ips-deploy/') === true);
}

const seen = (result: ActionResult | 'killed') => {
  if (result === 'killed') return result;
  return { ok: result.ok, outcome: result.outputs['outcome'], cause: result.outputs['cause'] };
};
const sentence = (result: ActionResult | 'killed'): string =>
  result === 'killed' ? '' : result.report.sentence;
const shown = (result: ActionResult | 'killed'): string => JSON.stringify(result);

describe('the task decides', () => {
  test('passed: it runs once, like a task of the service, and the service is deployed', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.passes } });
    const result = await migrateAndDeploy(region);
    expect(seen(result)).toEqual({ ok: true, outcome: 'succeeded', cause: '' });
    expect(runningImages(region)).toEqual({ 'good-2': 3 });
    const [task, ...others] = migrationTasks(region);
    expect(others).toEqual([]);
    expect(task).toMatchObject({ launchType: 'FARGATE', platformVersion: '1.4.0' });
    expect(task!.taskDefinitionArn).toMatch(/ips-api-task:2$/);
    expect(task!.attachments[0]!.details.find((each) => each.name === 'subnetId')?.value).toMatch(/^subnet-/);
  });

  test('failed: nothing is deployed, with exit code, reason and the last lines of the log', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.fails } });
    const result = await migrateAndDeploy(region);
    expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'pre-deploy-failed' });
    expect(sentence(result)).toMatch(
      /^ips-api-task:2 was registered\. The service was not changed\. The pre-deploy task [0-9a-f]{32} failed: container ips-api ended with exit code 3\.$/,
    );
    expect(shown(result)).toContain('relation \\"users\\" does not exist');
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('never started: the cause is the one of a task that cannot start', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.noImage } });
    const result = await migrateAndDeploy(region);
    expect(seen(result)).toMatchObject({ outcome: 'refused', cause: 'pre-deploy-failed' });
    expect(sentence(result)).toContain('does not exist in its registry');
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('timed out: the task is stopped, and nothing is deployed', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.hangs } });
    const result = await migrateAndDeploy(region);
    expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'pre-deploy-timed-out' });
    expect(sentence(result)).toMatch(
      /The service was not changed\..*did not end within 2m\. It was stopped\.$/,
    );
    expect(migrationTasks(region)[0]).toMatchObject({ lastStatus: 'STOPPED' });
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
  });

  test('a container that goes on beside it is stopped once the command has ended', async () => {
    const withSidecar = (image: string) => {
      const definition = definitionOf(image);
      const [app] = definition.containerDefinitions!;
      const proxy = { ...app!, name: 'proxy', essential: true, portMappings: [] };
      return { ...definition, containerDefinitions: [{ ...app!, essential: false }, proxy] };
    };
    const region = await makeRegion({ apps: { './migrate': migrations.passes } });
    const result = await migrateAndDeploy(region, {
      definition: withSidecar,
      preDeploy: { ...preDeploy, container: 'ips-api' },
    });
    expect(seen(result)).toMatchObject({ outcome: 'succeeded' });
    expect(migrationTasks(region)[0]).toMatchObject({
      stoppedReason: 'ips-deploy: the pre-deploy task has ended',
    });
  });

  test('which container is meant is found out before anything is changed', async () => {
    const region = await makeRegion();
    const result = await migrateAndDeploy(region, { preDeploy: { ...preDeploy, container: 'migrator' } });
    expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'pre-deploy-container' });
    expect(revisionsOf(region)).toBe(1);
  });

  test('a dry run says it and runs nothing; without a deployment nothing runs either', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.passes } });
    expect(sentence(await migrateAndDeploy(region, { dryRun: true }))).toContain(
      'Run ["./migrate","--to","head"] once in container ips-api',
    );
    const result = await migrateAndDeploy(region, {
      taskDefinition: { kind: 'revision', name: 'ips-api-task:1' },
    });
    expect(seen(result)).toMatchObject({ outcome: 'no-change' });
    expect(migrationTasks(region)).toEqual([]);
  });
});

describe('the job is run again', () => {
  test('what has passed is not run twice', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.passes } });
    const denied: FaultRule = {
      id: 'u',
      match: { operation: 'UpdateService' },
      effect: { kind: 'access-denied' },
    };
    region.world.loadFaults({ rules: [denied], events: [] });
    const first = await migrateAndDeploy(region);
    expect(seen(first)).toMatchObject({ outcome: 'refused', cause: 'access-denied' });
    region.world.loadFaults({ rules: [], events: [] });
    const second = await migrateAndDeploy(region, { attempt: 2 });
    expect(seen(second)).toMatchObject({ outcome: 'succeeded' });
    expect(migrationTasks(region).length).toBe(1);
  });

  describe('after ECS has forgotten the task', () => {
    const fault = (operation: string): FaultRule => ({
      id: operation,
      match: { operation },
      effect: { kind: 'access-denied' },
    });
    async function again(second: readonly FaultRule[], first: readonly FaultRule[] = []) {
      const region = await makeRegion({ apps: { './migrate': migrations.passes } });
      region.world.loadFaults({ rules: [fault('UpdateService'), ...first], events: [] });
      await migrateAndDeploy(region);
      region.world.loadFaults({ rules: [...second], events: [] });
      await settle(region, 2 * 3_600_000);
      expect(migrationTasks(region)).toEqual([]);
      const result = await migrateAndDeploy(region, { attempt: 2 });
      return { ...(seen(result) as object), ran: migrationTasks(region).length, log: region.log.join('\n') };
    }

    test('the revision says that it has passed', async () => {
      expect(await again([])).toMatchObject({
        outcome: 'succeeded',
        ran: 0,
        log: expect.stringContaining('passed in an earlier attempt of this run, as the revision says'),
      });
    });

    test('without its tag, or where it may not be read, the task runs again, and that is said', async () => {
      expect(await again([], [fault('TagResource')])).toMatchObject({
        outcome: 'succeeded',
        ran: 1,
        log: expect.stringContaining('could not be put on the revision'),
      });
      expect(await again([fault('ListTagsForResource')])).toMatchObject({
        outcome: 'succeeded',
        ran: 1,
        log: expect.stringContaining('Whether it has passed more than an hour ago could not be read'),
      });
    });

    test('another run runs its own', async () => {
      const region = await makeRegion({ apps: { './migrate': migrations.passes } });
      await migrateAndDeploy(region);
      await settle(region, 2 * 3_600_000);
      const ports = portsOf(region);
      const context = { ...ports.context, runId: '2' };
      const force = request({ preDeploy, forceNewDeployment: true });
      await region.time.run(runRollingDeploy(force, { ...ports, context, ...filesOf(region) }));
      expect(migrationTasks(region).length).toBe(1);
    });
  });

  test('what has failed is run again', async () => {
    const apps: Record<string, Partial<AppModel>> = { './migrate': migrations.fails };
    const region = await makeRegion({ apps });
    await migrateAndDeploy(region);
    apps['./migrate'] = migrations.passes;
    expect(seen(await migrateAndDeploy(region, { attempt: 2 }))).toMatchObject({ outcome: 'succeeded' });
    expect(migrationTasks(region).length).toBe(2);
  });

  test('a second step of the same attempt runs again what has failed', async () => {
    const apps: Record<string, Partial<AppModel>> = { './migrate': migrations.fails };
    const region = await makeRegion({ apps });
    await migrateAndDeploy(region);
    apps['./migrate'] = migrations.passes;
    expect(seen(await migrateAndDeploy(region))).toMatchObject({ outcome: 'succeeded' });
  });

  test('another run runs its own', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.passes } });
    await migrateAndDeploy(region);
    const ports = portsOf(region);
    region.files.set('task-definition.json', JSON.stringify(definitionOf('good-3')));
    const context = { ...ports.context, runId: '2' };
    await region.time.run(
      runRollingDeploy(request({ preDeploy }), { ...ports, context, ...filesOf(region) }),
    );
    expect(migrationTasks(region).length).toBe(2);
  });

  test('killed after any call: one migration passes, never two at once, and the service is deployed', async () => {
    for (let diesAfter = 1; ; diesAfter++) {
      const region = await makeRegion({ apps: { './migrate': migrations.passes } });
      if ((await migrateAndDeploy(region, { diesAfter })) !== 'killed') {
        expect(diesAfter).toBeGreaterThan(30);
        break;
      }
      const second = await migrateAndDeploy(region, { attempt: 2 });
      expect({ diesAfter, ...(seen(second) as object) }).toMatchObject({ diesAfter, ok: true });
      expect({ diesAfter, tasks: migrationTasks(region).length }).toEqual({ diesAfter, tasks: 1 });
      expect(runningImages(region)).toEqual({ 'good-2': 3 });
      expect(revisionsOf(region)).toBe(2);
    }
  });
});

describe('the job is cancelled', () => {
  test.each([5, 25, 60, 1000, 8000, 20_000, 35_000])('%d ms in: the task is stopped in time', async (ms) => {
    const region = await makeRegion({
      apps: { './migrate': { ...migrations.passes, crashAfterMs: 60_000 } },
    });
    const startedAt = region.time.now() + ms;
    void region.time.sleep(ms).then(() => region.cancel.abort());
    const result = await migrateAndDeploy(region);
    expect(seen(result)).toMatchObject({ ok: false, outcome: 'cancelled' });
    expect(region.time.now() - startedAt).toBeLessThan(7500);
    await settle(region, 120_000);
    expect(migrationTasks(region).filter((task) => task.lastStatus !== 'STOPPED')).toEqual([]);
    expect(runningImages(region)).toEqual({ 'good-1': 3 });
    if (migrationTasks(region).length > 0) {
      expect(sentence(result)).toMatch(
        /pre-deploy task .* What it had done by then stays done\. The service had not been changed\./,
      );
    }
  });

  test('and run again while the given-up task still ends: the new one waits for it', async () => {
    const slow = { ...migrations.passes, crashAfterMs: 60_000, sigtermMs: 25_000 };
    const apps: Record<string, Partial<AppModel>> = { './migrate': slow };
    const region = await makeRegion({ apps });
    void region.time.sleep(35_000).then(() => region.cancel.abort());
    await migrateAndDeploy(region);
    apps['./migrate'] = migrations.passes;
    const again = { ...region, cancel: new AbortController() };
    expect(seen(await migrateAndDeploy(again, { attempt: 2 }))).toMatchObject({ outcome: 'succeeded' });
    const [running, stopped] = migrationTasks(region).map((task) => task.containers[0]!.exitCode);
    expect([running, stopped]).toEqual([0, 0]);
    expect(region.log.join('\n')).toContain('of an earlier attempt still runs');
  });
});

describe('AWS does not answer well', () => {
  const fault = (operation: string, effect: FaultRule['effect'], count = 1): FaultRule => ({
    id: operation,
    match: { operation },
    count,
    effect,
  });

  test('the answer of RunTask is lost: there is one task all the same', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.passes } });
    region.world.loadFaults({ rules: [fault('RunTask', { kind: 'reset-after-effect' }, 3)], events: [] });
    expect(seen(await migrateAndDeploy(region))).toMatchObject({ outcome: 'succeeded' });
    expect(migrationTasks(region).length).toBe(1);
  });

  test('RunTask throttled ten times, every read for a minute', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.passes } });
    const reads: FaultRule = {
      id: 'r',
      match: { mutates: false },
      untilMs: 60_000,
      effect: { kind: 'throttle' },
    };
    region.world.loadFaults({ rules: [fault('RunTask', { kind: 'throttle' }, 10), reads], events: [] });
    expect(seen(await migrateAndDeploy(region))).toMatchObject({ outcome: 'succeeded' });
    expect(migrationTasks(region).length).toBe(1);
  });

  test.each(['RunTask', 'ListTasks', 'DescribeTasks'])(
    '%s denied: refused by name, no task goes on',
    async (operation) => {
      const region = await makeRegion({ apps: { './migrate': migrations.hangs } });
      region.world.loadFaults({ rules: [fault(operation, { kind: 'access-denied' }, 1000)], events: [] });
      const result = await migrateAndDeploy(region);
      expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'access-denied' });
      expect(shown(result)).toContain(`ecs:${operation}`);
      region.world.loadFaults({ rules: [], events: [] });
      await settle(region, 120_000);
      expect(migrationTasks(region).filter((task) => task.lastStatus !== 'STOPPED')).toEqual([]);
      expect(runningImages(region)).toEqual({ 'good-1': 3 });
    },
  );

  test('StopTask denied: it is said that the task may go on', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.hangs } });
    region.world.loadFaults({ rules: [fault('StopTask', { kind: 'access-denied' }, 1000)], events: [] });
    const result = await migrateAndDeploy(region);
    expect(seen(result)).toMatchObject({ outcome: 'refused', cause: 'pre-deploy-timed-out' });
    expect(sentence(result)).toMatch(/It could not be stopped \(ecs:StopTask: .*\) and may still run\./);
  });

  test('no capacity: the failures of RunTask are told in full', async () => {
    const region = await makeRegion({ apps: { './migrate': migrations.passes } });
    const zones = ['ap-south-1a', 'ap-south-1b', 'ap-south-1c'];
    const events = zones.map((zone) => ({ id: zone, atMs: 1, event: { kind: 'zone-dark', zone } as const }));
    region.world.loadFaults({ rules: [], events });
    const result = await migrateAndDeploy(region);
    expect(seen(result)).toEqual({ ok: false, outcome: 'refused', cause: 'pre-deploy-not-started' });
    expect(sentence(result)).toContain('Capacity is unavailable at this time');
    const { services } = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] });
    expect(services[0].taskDefinition).toMatch(/:1$/);
  });
});
