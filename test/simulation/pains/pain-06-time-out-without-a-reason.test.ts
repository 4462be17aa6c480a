/**
 * Pain 6: a time-out without a reason. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import { badApps } from '../../../src/lab/world/sim/app-model.ts';
import { renderSummary } from '../../../src/report/summary.ts';
import { deploy, makeRegion } from '../rollout/region.ts';

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
