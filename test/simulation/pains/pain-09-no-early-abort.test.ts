/**
 * Pain 9: no early abort. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { cluster, deploy, makeRegion, service } from '../rollout/region.ts';

const crashing = { apps: { bad: badApps.crashAtStart } };

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
