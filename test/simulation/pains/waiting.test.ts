/** Pains of the users of other tools about waiting. The letters and the waiter: see verdicts.test.ts. */
import { expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { renderSummary } from '../../../src/report/summary.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import {
  cluster,
  definitionOf,
  deploy,
  filesOf,
  makeRegion,
  portsOf,
  request,
  revisionsOf,
  runningImages,
  service,
  serviceDeploymentStatus,
  settle,
} from '../rollout/region.ts';

const crashing = { apps: { bad: badApps.crashAtStart } };

test('pain 5: no minutes of waiting after ECS was done (DTD#872)', async () => {
  const region = await makeRegion();
  const { outputs } = await deploy(region, 'good-2');
  expect(outputs['outcome']).toBe('succeeded');
  const { serviceDeployments } = region.world.must('ecs', 'ListServiceDeployments', { cluster, service });
  expect(region.world.kernel.now - serviceDeployments[0].finishedAt.getTime()).toBeLessThan(1000);
});

test('pain 6: a time-out has its reason (DTD#30, DTD#31, DTD#5)', async () => {
  const region = await makeRegion({
    apps: { bad: { ...badApps.crashAtStart, crashLog: ['no connection string'] } },
  });
  const { outputs, report } = await deploy(region, 'bad', { failFast: false, timeoutMs: 240_000 });
  expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    outcome: 'timed-out',
    cause: 'container-exited',
  });
  expect(report.sentence).toMatch(/was not up within .*Container ips-api exits by itself \(exit code 1\)/);
  expect(renderSummary(report)).toContain('no connection string');
});

test('pain 6: a time-out without a single failed task says what was missing (DTD#30, DTD#31, DTD#5)', async () => {
  const region = await makeRegion({ apps: { slow: { pullMs: 3_600_000 } } });
  const { outputs, report } = await deploy(region, 'slow', { timeoutMs: 240_000 });
  expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    outcome: 'timed-out',
    cause: 'not-progressing',
  });
  expect(report.sentence).toContain('0 of 3 tasks run');
});

test('pain 7: a wait of 90 minutes is a wait of 90 minutes (DTD#527)', async () => {
  const region = await makeRegion({ apps: { slow: { pullMs: 90 * 60_000 } } });
  const { ok, outputs } = await deploy(region, 'slow', { timeoutMs: 2 * 3_600_000 });
  expect({ ok, outcome: outputs['outcome'] }).toEqual({ ok: true, outcome: 'succeeded' });
  expect(Number(outputs['duration-seconds'])).toBeGreaterThan(90 * 60);
  expect(runningImages(region)).toEqual({ slow: 3 });
});

test('pain 8: cancelling the job takes the deployment back (DTD#507)', async () => {
  const region = await makeRegion();
  void region.time.sleep(20_000).then(() => region.cancel.abort());
  const { ok, outputs } = await deploy(region, 'good-2');
  expect({ ok, outcome: outputs['outcome'], aftermath: outputs['aftermath'] }).toEqual({
    ok: false,
    outcome: 'cancelled',
    aftermath: 'rolling-back',
  });
  await settle(region, 300_000);
  expect(runningImages(region)).toEqual({ 'good-1': 3 });
  expect(serviceDeploymentStatus(region)).toBe('ROLLBACK_SUCCESSFUL');
});

test('pain 9: a revision that cannot start is given up at once (copilot-cli#2041)', async () => {
  const region = await makeRegion(crashing);
  const { outputs, report } = await deploy(region, 'bad');
  expect({ outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    outcome: 'rolled-back',
    cause: 'container-exited',
  });
  const crashes = region.world.must('ecs', 'ListTasks', {
    cluster,
    serviceName: service,
    desiredStatus: 'STOPPED',
  });
  const { tasks } = region.world.must('ecs', 'DescribeTasks', { cluster, tasks: crashes.taskArns });
  const times: readonly number[] = tasks
    .filter(({ stopCode }: { stopCode: string }) => stopCode === 'EssentialContainerExited')
    .map(({ stoppingAt }: { stoppingAt: Date }) => stoppingAt.getTime())
    .sort((one: number, other: number) => one - other);
  const given = report.events.find(({ code }) => code === 'rollout.failed');
  expect(given!.at - times[2]!).toBeLessThan(10_000);
});

test('pain 10: a strategy that pauses is refused by its name, not waited for (ESP#1068, ESP#1069)', async () => {
  const region = await makeRegion();
  const ports = portsOf(region);
  // The lab carries out no native strategy: the service is shown with one.
  const aws: AwsCaller = {
    call: async (operation, input, signal) => {
      // biome-ignore lint/suspicious/noExplicitAny: the answer is of the operation's own shape
      const answer: any = await ports.aws.call(operation, input, signal);
      for (const each of answer.services ?? []) each.deploymentConfiguration.strategy = 'LINEAR';
      return answer;
    },
  };
  region.files.set('task-definition.json', JSON.stringify(definitionOf('good-2')));
  const work = runRollingDeploy(request(), { ...ports, aws, ...filesOf(region) });
  const { ok, outputs, report } = await region.time.run(work);
  expect({ ok, outcome: outputs['outcome'], cause: outputs['cause'] }).toEqual({
    ok: false,
    outcome: 'refused',
    cause: 'strategy-not-rolling',
  });
  expect(report.sentence).toContain('LINEAR');
  expect(report.remedy).toContain('blue-green-shift');
  expect(revisionsOf(region)).toBe(1);
});
