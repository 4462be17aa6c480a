/**
 * The policy of docs/iam is enough for every way a shift may take, and each line in it is needed: without it some
 * shift says which permission is missing.
 */
import { describe, expect, test } from '@jest/globals';
import { permissions } from '../../../src/aws/permissions.ts';
import { linesIn, type PolicyLine, policyOf } from '../../support/policies.ts';
import { scalable } from './leftovers.ts';
import { Caller } from './permitted.ts';
import { type Scenario, scenarios } from './permitted-scenarios.ts';
import { policyWords as words } from './policy-words.ts';
import { cluster, makeRegion, registerImage } from './region.ts';

async function play(scenario: Scenario, right: 'full' | 'policy', without?: PolicyLine) {
  const whole = policyOf('blue-green-shift', { ...words, ...scenario.words }, without);
  const left = whole.Statement.filter(({ Sid }) => scenario.leavesOut?.includes(Sid) !== true);
  const caller = new Caller(right === 'full' ? undefined : { ...whole, Statement: left });
  const broken = await scenario.play(caller).then(
    () => '',
    (error: Error) => error.message,
  );
  const played = caller.played();
  return { ...played, told: `${played.told}\n${broken}`, broken };
}

/** What IAM asks of a scenario: the actions of each operation that it called with full rights. */
const asked = new Map<Scenario, { readonly actions: ReadonlySet<string>; readonly size: number }>();

describe('its policy is enough', () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    'for %s',
    async (_name, scenario) => {
      const full = await play(scenario, 'full');
      const ends = full.ends.map(([outcome, cause]) => [outcome, cause]);
      expect({ ends, broken: full.broken }).toEqual({ ends: scenario.ends, broken: '' });
      const actions = [...full.calls].flatMap((operation) =>
        permissions[operation].map((grant) => grant.action ?? operation),
      );
      asked.set(scenario, { actions: new Set(actions), size: full.size });
      const own = await play(scenario, 'policy');
      expect(own.denied).toEqual([]);
      expect(own.ends).toEqual(full.ends);
      expect(own.told).toBe(full.told);
    },
  );
});

/** The policy names one pair, and lets nobody describe what else the cluster runs. */
describe('its policy is enough beside services of others', () => {
  test.each([
    [{}],
    [{ 'blue-service': 'api-blue' }],
    [{ 'green-service': 'api-green' }],
    [{ 'blue-service': 'api-blue', 'green-service': 'api-green' }],
  ])('with %j', async (inputs) => {
    const region = await makeRegion('ecs', { seed: 12 });
    for (const serviceName of ['billing', 'stock']) {
      region.world.must('ecs', 'CreateService', {
        cluster,
        serviceName,
        taskDefinition: 'api:1',
        desiredCount: 1,
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
      });
    }
    registerImage(region, 'v2');
    const caller = new Caller(policyOf('blue-green-shift', words));
    caller.enter(region);
    const { outputs } = await caller.run(region, inputs);
    expect(outputs).toMatchObject({ outcome: 'promoted', 'green-service': 'api-green' });
    expect(region.log.join('\n')).toMatch(
      /2 services of the cluster may not be described: .*service\/shop\/billing/,
    );
  });

  test('what cannot be found among those is said to be unseen', async () => {
    const region = await makeRegion('ecs', { seed: 13 });
    registerImage(region, 'v2');
    const caller = new Caller(
      policyOf('blue-green-shift', { ...words, SERVICE: 'another', GREEN_SERVICE: 'pair' }),
    );
    caller.enter(region);
    const { outputs, report } = await caller.run(region);
    expect(outputs).toMatchObject({ outcome: 'refused', cause: 'green-service-missing' });
    expect(report.sentence).toMatch(
      /Not all could be looked at: one service of the cluster may not be described: .*api-blue/,
    );
  });
});

describe('each line is needed', () => {
  const lines = linesIn('blue-green-shift', words, new Set());
  test.each(lines)('without $value of $sid the permission is named', async (line) => {
    const candidates = [...asked]
      .filter(
        ([scenario, { actions }]) =>
          isAsked(line, actions) && scenario.leavesOut?.includes(line.sid) !== true,
      )
      .sort(([, one], [, other]) => one.size - other.size)
      // What is allowed on SERVICE is mostly needed once the names have changed places.
      .sort(([one], [other]) => (line.value.includes(words.SERVICE) ? rank(one) - rank(other) : 0));
    const silent: string[] = [];
    for (const [scenario] of candidates) {
      const { told, denied, ends, broken } = await play(scenario, 'policy', lineIn(scenario, line));
      if (line.actions.some((action) => told.includes(action))) return;
      silent.push(
        denied.length === 0
          ? `${scenario.name}: nothing is missed`
          : `${scenario.name}: ${denied[0]}, and of that it says nothing: ${JSON.stringify(ends)} ${broken}`,
      );
    }
    expect(silent).toBe(`one that names ${line.actions.join(' or ')}`);
  });
});

describe('no tags but the kit’s own are written', () => {
  test.each(['ips-deploy:x', 'team'])('%s', async (key) => {
    const region = await makeRegion('ecs', { seed: 11 });
    scalable(region);
    new Caller(policyOf('blue-green-shift', words)).enter(region);
    const { world, ruleArn, listenerArn, groups, caller: principal } = region;
    const [target] = world.must('application-autoscaling', 'DescribeScalableTargets', {
      ServiceNamespace: 'ecs',
    }).ScalableTargets;
    const revision = world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: 'api' }).taskDefinition;
    const Tags = [{ Key: key, Value: 'x' }];
    const calls = [
      ['elasticloadbalancing', 'AddTags', { ResourceArns: [ruleArn], Tags }],
      [
        'elasticloadbalancing',
        'CreateRule',
        {
          ListenerArn: listenerArn,
          Priority: 3,
          Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/x'] } }],
          Actions: [{ Type: 'forward', TargetGroupArn: groups.a }],
          Tags,
        },
      ],
      [
        'application-autoscaling',
        'TagResource',
        { ResourceARN: target.ScalableTargetARN, Tags: { [key]: 'x' } },
      ],
      ['application-autoscaling', 'UntagResource', { ResourceARN: target.ScalableTargetARN, TagKeys: [key] }],
      ['ecs', 'TagResource', { resourceArn: revision.taskDefinitionArn, tags: [{ key, value: 'x' }] }],
    ] as const;
    for (const [service, operation, input] of calls) {
      const result = world.call({ service, operation, input, principal });
      const answer = result.kind === 'error' ? result.error.code : result.kind;
      expect([operation, answer]).toEqual([
        operation,
        key === 'team' ? expect.stringMatching(/^AccessDenied/) : 'answer',
      ]);
    }
  });
});

const rank = ({ swaps }: Scenario): number => (swaps === true ? 0 : 1);

function isAsked(line: PolicyLine, actions: ReadonlySet<string>): boolean {
  return line.actions.some((action) => actions.has(action));
}

/** The same line where its words are others. */
function lineIn({ words: others }: Scenario, line: PolicyLine): PolicyLine {
  if (others === undefined) return line;
  const own = linesIn('blue-green-shift', { ...words, ...others }, new Set());
  return own[linesIn('blue-green-shift', words, new Set()).findIndex((each) => isSame(each, line))]!;
}

const isSame = (one: PolicyLine, other: PolicyLine): boolean =>
  one.sid === other.sid && one.member === other.member && one.value === other.value;
