/**
 * Pain 10: a pause hook looks like a hang. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, ESP: kayac/ecspresso).
 */
import { expect, test } from '@jest/globals';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import { runRollingDeploy } from '../../../src/rollout/run.ts';
import { definitionOf, filesOf, makeRegion, portsOf, request, revisionsOf } from '../rollout/region.ts';

test('pain 10: a strategy that pauses is refused by its name, not waited for (ESP#1068, ESP#1069)', async () => {
  const region = await makeRegion();
  const ports = portsOf(region);
  // The lab carries out no native strategy: the service is shown with one.
  const aws: AwsCaller = {
    call: async (operation, input, signal) => {
      // biome-ignore lint/suspicious/noExplicitAny: the answer is of the operation's own shape
      const answer: any = structuredClone(await ports.aws.call(operation, input, signal));
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
