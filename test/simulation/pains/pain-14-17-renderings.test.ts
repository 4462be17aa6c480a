/**
 * Pains 14 to 17: what other renderers lose. References stand in the names of the tests (DTD:
 * aws-actions/amazon-ecs-deploy-task-definition, REN: aws-actions/amazon-ecs-render-task-definition).
 */
import { expect, test } from '@jest/globals';
import type { ActionResult } from '../../../src/engine/action.ts';
import { parseRender } from '../../../src/inputs/render-task-def.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import { renderTaskDefinition } from '../../../src/taskdef/render-task-def.ts';
import { createPorts } from '../../unit/image/ports-double.ts';
import { noGitHub } from '../../unit/taskdef/changes.ts';
import { definitionOf, makeRegion, type Region } from '../rollout/region.ts';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly command: readonly string[];
}

async function render(
  region: Region,
  given: unknown,
  inputs: Record<string, string>,
): Promise<{
  readonly result: ActionResult;
  readonly said: string;
  readonly containers: readonly Container[];
}> {
  const ports = createPorts(createWorldCaller(region.world, region.time, region.caller), '/temp');
  ports.files.set('td.json', JSON.stringify(given));
  const parsed = parseRender({ 'task-definition': 'td.json', output: 'out.json', ...inputs });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const rendering = renderTaskDefinition(parsed.request, {
    ...ports,
    region: 'ap-south-1',
    environment: {},
    github: noGitHub,
  });
  const result = await region.time.run(rendering);
  const written = ports.files.get('out.json');
  if (written === undefined) return { result, said: ports.said.join('\n'), containers: [] };
  // ECS takes it, and has what was written.
  const { taskDefinition } = region.world.must('ecs', 'RegisterTaskDefinition', JSON.parse(written));
  return { result, said: ports.said.join('\n'), containers: taskDefinition.containerDefinitions };
}

const [web] = definitionOf('good-1').containerDefinitions!;
const two = {
  ...definitionOf('good-1'),
  containerDefinitions: [web, { name: 'sidecar', image: 'sidecar:1', essential: false }],
};

test('pain 14: empty values stay, as variables, labels and lists (DTD#216, DTD#780)', async () => {
  const container = { ...web, environment: [{ name: 'EMPTY', value: '' }], dockerLabels: { empty: '' } };
  const { containers } = await render(
    await makeRegion(),
    { ...definitionOf('good-1'), containerDefinitions: [container] },
    { environment: 'ALSO_EMPTY=' },
  );
  expect(containers[0]).toMatchObject({
    environment: [
      { name: 'EMPTY', value: '' },
      { name: 'ALSO_EMPTY', value: '' },
    ],
    dockerLabels: { empty: '' },
  });
});

test('pain 15: several images in one render, digests and all (REN#4, REN#72, REN#228)', async () => {
  const digest = `sidecar@sha256:${'b'.repeat(64)}`;
  const { containers } = await render(await makeRegion(), two, {
    images: `ips-api=api:2\nsidecar=${digest}`,
  });
  expect(containers.map(({ name, image }) => [name, image])).toEqual([
    ['ips-api', 'api:2'],
    ['sidecar', digest],
  ]);
});

test('pain 16: a value goes on behind its second "=", and nothing is cut at blanks (REN)', async () => {
  const { containers } = await render(await makeRegion(), two, {
    'container-name': 'ips-api',
    environment: 'CONNECTION=Host=db;Port=5432;Options="a b"',
    containers: 'sidecar: { command: ["sh", "-c", "echo  two  blanks"] }',
  });
  expect(containers[0]!.environment.at(-1)).toEqual({
    name: 'CONNECTION',
    value: 'Host=db;Port=5432;Options="a b"',
  });
  expect(containers[1]!.command).toEqual(['sh', '-c', 'echo  two  blanks']);
});

test('pain 16: a command that is one text is refused, not cut into words by guess (REN)', async () => {
  const { result } = await render(await makeRegion(), two, { containers: 'sidecar: { command: npm start }' });
  expect(result.ok).toBe(false);
  expect(result.report.sentence).toContain('one text is never cut into words');
});

test('pain 17: what is not known is passed on and told, a slip is an error: nothing is dropped in silence', async () => {
  const region = await makeRegion();
  const newer = { ...two, novelty: { on: true } };
  const { said, result } = await render(region, newer, { images: 'sidecar=sidecar:2' });
  expect([result.ok, said.includes('does not know are passed on: /novelty')]).toEqual([true, true]);
  const slip = await render(region, { ...two, volums: [] }, { images: 'sidecar=sidecar:2' });
  expect(slip.result.report.sentence).toContain('"volums" is no field here: "volumes" is meant.');
});
