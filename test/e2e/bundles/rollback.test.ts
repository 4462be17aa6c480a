/** The committed bundle of rollback against a standing lab, with the rights of docs/iam and no others. */
import { readFileSync } from 'node:fs';
import {
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cluster, explanation, Job, revisionName, service, type Words } from './job.ts';

let job: Job;
let good = '';

beforeAll(async () => {
  job = await Job.open();
  good = await job.render(await job.build('1.0.0'));
  await job.createService(good, 2);
  await job.untilSteady();
}, 60_000);

afterAll(() => job?.close());

const rollBack = (more: Words = {}) =>
  job.step('rollback', { cluster, service, reason: 'It "lies".', ...more });
const revisions = async (): Promise<number> =>
  ((await job.ecs.send(new ListTaskDefinitionsCommand({}))).taskDefinitionArns ?? []).length;

test('back to the revision before, marked, listed, and not gone back from twice', async () => {
  const before = (await job.readService()).taskDefinition!;
  const file = job.variant(good, 'next', (definition) => {
    definition.containerDefinitions[0]!.environment!.push({ name: 'MARK', value: '2' });
  });
  const deployed = await job.step('rolling-deploy', { cluster, service, 'task-definition': file });
  const bad = deployed.outputs['task-definition-arn']!;
  const registered = await revisions();

  const back = await rollBack();
  expect({ exitCode: back.exitCode, said: explanation(back) }).toEqual({ exitCode: 0, said: '' });
  expect(back.outputs).toMatchObject({ outcome: 'succeeded', mode: 'rollout', from: bad, to: before });
  expect(await job.untilSteady()).toBe(revisionName(before));
  expect(await revisions()).toBe(registered);
  const { tags } = await job.ecs.send(new ListTagsForResourceCommand({ resourceArn: bad }));
  expect(tags?.find((tag) => tag.key === 'ips-deploy:bad')?.value).toMatch(/^\S+Z It lies \.$/);

  const again = await rollBack({ from: bad });
  expect([again.exitCode, again.outputs['outcome']]).toEqual([0, 'no-change']);

  const list = await rollBack({ mode: 'list', reason: '' });
  expect(list.exitCode).toBe(0);
  const listed: readonly Record<string, unknown>[] = JSON.parse(list.outputs['candidates'] ?? '');
  expect(listed.find((each) => each['task-definition-arn'] === bad)).toMatchObject({
    verdict: 'bad',
    current: false,
    usable: true,
  });
  expect(list.summaryMarkdown).toContain('#### Revisions to go back to');

  const refused = await rollBack({ to: 'v9.9.9' });
  expect([refused.exitCode, refused.outputs['cause']]).toEqual([1, 'no-match']);
  expect(explanation(refused)).toContain('No revision has the image tag, git tag or commit v9.9.9');

  const lacking = job.variant(good, 'lacking', (definition) => {
    definition.containerDefinitions[0]!.secrets = [{ name: 'KEY', valueFrom: '/ips/absent' }];
  });
  const made = new RegisterTaskDefinitionCommand(JSON.parse(readFileSync(lacking, 'utf8')));
  const arn = (await job.ecs.send(made)).taskDefinition!.taskDefinitionArn!;
  const unusable = await rollBack({ to: revisionName(arn) });
  expect([unusable.exitCode, unusable.outputs['cause']]).toEqual([1, 'revision-unusable']);
  expect(explanation(unusable)).toContain('parameter /ips/absent does not exist any more');
}, 90_000);
