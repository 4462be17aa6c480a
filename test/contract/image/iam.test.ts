/**
 * docs/iam/build-push-ecr.json is enough for every path of the action, in its own AWS calls and in what the registry
 * asks in the name of whoever logged in; and each permission in it is needed: without it a run names it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { type Policy, permissionsIn, policyOf } from '../../support/policies.ts';
import { startEcrLab } from './support.ts';

/** The build cache, and where an image is promoted to, are repositories of the job's as well. */
const words = { REGION: 'ap-south-1', ACCOUNT: '123456789012', REPOSITORY: 'ips*', BASE_REPOSITORY: 'base' };
const action = 'build-push-ecr';

async function builds(policy: Policy): Promise<readonly ActionResult[]> {
  const lab = await startEcrLab({ policy });
  try {
    const { world, host } = lab;
    const context = join(lab.folder, 'context');
    mkdirSync(context);
    writeFileSync(join(context, 'app'), 'app');
    writeFileSync(join(context, 'Dockerfile'), `FROM ${host}/base:1\nCOPY app /app\n`);
    world.must('ecr', 'CreateRepository', { repositoryName: 'base' });
    world.must('ecr', 'CreateRepository', { repositoryName: 'ips-plain' });
    await lab.seed('base', '1');
    // The lab's time passes with the action's: a scan that is waited for ends.
    const clock = {
      now: () => world.kernel.now,
      sleep: async (ms: number) => world.kernel.advanceTo(world.kernel.now + ms),
    };
    const ports = { ...lab.ports, clock };
    const results: ActionResult[] = [];
    for (const inputs of [
      // Made on wish, its scan comes by itself.
      { 'create-repository': 'true', 'scan-gate': 'fail' },
      // Again: the tag is there.
      { 'scan-gate': 'fail' },
      // Without scan on push one has to be asked for; a copy goes to another repository.
      { repository: 'ips-plain', 'scan-gate': 'warn', 'also-push-to': '/ips', tags: 'copied' },
      // Promoted from a repository that is only read.
      { repository: 'ips-production', 'promote-from': 'base:1', tags: 'v1', 'create-repository': 'true' },
    ]) {
      results.push(await lab.run({ builder: 'static', context, ...inputs }, {}, ports));
    }
    return results;
  } finally {
    await lab.close();
  }
}

/** Permissions that a run speaks of in the end. */
async function told(runs: Promise<readonly ActionResult[]>): Promise<readonly string[]> {
  const text = JSON.stringify(await runs.catch((error: Error) => error.message));
  return [...new Set(text.match(/\becr:[A-Z][A-Za-z]+\b/g))];
}

test('its policy is enough', async () => {
  const results = await builds(policyOf(action, words));
  expect(results.map((each) => [each.report.outcome, each.outputs['scan'] ?? each.report.sentence])).toEqual([
    ['pushed', 'passed'],
    ['already there', 'passed'],
    ['pushed', 'passed'],
    ['copied', 'off'],
  ]);
  expect(JSON.stringify(results)).not.toMatch(/not authorized|AccessDenied/);
});

test.each(permissionsIn(action, words))('without %s a run names it', async (permission) => {
  expect(await told(builds(policyOf(action, words, permission)))).toContain(permission);
});
