/**
 * What AWS denies, does not find or does not answer: before a shift begins it is refused with a cause, and all that is
 * missing is told at once; in its middle it has an outcome all the same.
 */
import { describe, expect, test } from '@jest/globals';
import type { AwsOperation } from '../../../src/aws/operations.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { policyOf } from '../../support/policies.ts';
import { expectTidy, scalable } from './leftovers.ts';
import { Caller } from './permitted.ts';
import { policyWords } from './policy-words.ts';
import {
  cancelAfter,
  createService,
  liveWeights,
  makeRegion,
  minute,
  type Region,
  type RunOptions,
  registerImage,
  serviceNow,
  settle,
  setWeights,
  shift,
} from './region.ts';

const quick = { steps: '10,100', 'bake-time': '2m' };
const bothNamed = { 'blue-service': 'api-blue', 'green-service': 'api-green' };

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

const own = policyOf('blue-green-shift', policyWords);
const isRead = (action: string): boolean => /:(Describe|List|Get)/.test(action);
const actionsOf = ({ Action }: Statement): readonly string[] => [Action].flat();
const resourcesOf = ({ Resource }: Statement): readonly string[] => [Resource].flat();

/** The policy of docs/iam with some of its actions alone. */
function policyWith(keeps: (action: string) => boolean): typeof own {
  const Statement = own.Statement.map((each) => ({ ...each, Action: actionsOf(each).filter(keeps) }));
  return { ...own, Statement: Statement.filter(({ Action }) => Action.length > 0) };
}

/** A pair whose services scale, with what they scale by. */
async function pair(seed: number): Promise<Region> {
  const region = await makeRegion('ecs', { seed, requestsPerSecond: 50 });
  const { world, groups } = region;
  setWeights(region, { [groups.a]: 1, [groups.b]: 0 });
  createService(region, 'api-green', groups.b, 1);
  for (const service of ['api-blue', 'api-green']) scalable(region, service);
  world.must('cloudwatch', 'PutMetricAlarm', {
    AlarmName: 'harm',
    Namespace: 'Team',
    MetricName: 'Harm',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  await settle(region, 5 * minute);
  registerImage(region, 'v2');
  return region;
}

const whole = { ...quick, ...bothNamed, alarms: 'harm' };

/** What the result asks for, as it is printed. */
function statementsIn({ report }: ActionResult): readonly Statement[] {
  const section = report.sections.find(({ heading }) => heading.startsWith('What allows it'));
  return section?.kind === 'text' ? (JSON.parse(section.text) as Statement[]) : [];
}

/** That every permission asked for stands in docs/iam, on no more than there and under the same conditions. */
function expectFromDocs(statements: readonly Statement[]): void {
  for (const each of statements) {
    for (const action of actionsOf(each)) {
      const inDocs = own.Statement.some(
        (line: Statement) =>
          actionsOf(line).includes(action) &&
          resourcesOf(each).every((resource) => resourcesOf(line).includes(resource)) &&
          JSON.stringify(line.Condition) === JSON.stringify(each.Condition),
      );
      expect({ action, on: resourcesOf(each), inDocs }).toMatchObject({ inDocs: true });
    }
  }
}

function untouched(region: Region): void {
  expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
  expectTidy(region);
}

describe('whoever may read nothing', () => {
  test('is told all of it at once, and what is told is enough', async () => {
    const full = new Caller(undefined);
    await full.run(await pair(3001), whole);
    const needed = [...full.played().calls].filter(isRead);

    const region = await pair(3001);
    const caller = new Caller(policyWith((action) => !isRead(action)));
    caller.enter(region);
    const refused = await caller.run(region, whole);
    expect(refused).toMatchObject({ ok: false, outputs: { outcome: 'refused', cause: 'access-denied' } });
    expect(refused.report.sentence).toMatch(
      /^Nothing was changed\. One finding speaks against this shift: elasticloadbalancing:Describe.* are denied: no identity-based policy allows it\.$/,
    );
    expect(refused.report.facts).toEqual([['Asked as', region.caller.arn]]);
    untouched(region);

    const statements = statementsIn(refused);
    expectFromDocs(statements);
    const asked = statements.flatMap(actionsOf);
    // Whoever names both services does without a list of the others; what a revision remembers is no condition either.
    const without = ['ecs:ListServices', 'ecs:ListTagsForResource'];
    expect(needed.filter((action) => !asked.includes(action) && !without.includes(action))).toEqual([]);

    const Statement = [...policyWith((action) => !isRead(action)).Statement, ...statements];
    const allowed = new Caller({ ...own, Statement } as typeof own);
    const again = await pair(3001);
    allowed.enter(again);
    expect((await allowed.run(again, whole)).outputs).toMatchObject({ outcome: 'promoted' });
    expect(allowed.played().denied.filter((each) => !without.some((one) => each.includes(one)))).toEqual([]);
  });

  test.each([
    ['one service', { 'blue-service': 'api-blue' }, ['ecs:ListServices']],
    ['no service', {}, ['ecs:ListServices', 'application-autoscaling:DescribeScalableTargets']],
  ] as const)('and names %s', async (_name, inputs, more) => {
    const region = await pair(3002);
    const caller = new Caller(policyWith((action) => !isRead(action)));
    caller.enter(region);
    const refused = await caller.run(region, { ...quick, ...inputs });
    const statements = statementsIn(refused);
    expectFromDocs(statements);
    expect(statements.flatMap(actionsOf)).toEqual(expect.arrayContaining([...more]));
    // No alarm was named, so none is to be read.
    expect(statements.flatMap(actionsOf)).not.toContain('cloudwatch:DescribeAlarms');
  });

  test('of services that do not scale is not asked for how they scale', async () => {
    const region = await makeRegion('ecs', { seed: 3003, requestsPerSecond: 50 });
    registerImage(region, 'v2');
    const caller = new Caller(policyWith((action) => action !== 'elasticloadbalancing:DescribeRules'));
    caller.enter(region);
    const refused = await caller.run(region, { ...quick, ...bothNamed });
    expect(statementsIn(refused)).toEqual([
      { Effect: 'Allow', Action: ['elasticloadbalancing:DescribeRules'], Resource: ['*'] },
    ]);
  });
});

describe('each read that is missing by itself', () => {
  const reads = [...new Set(own.Statement.flatMap(actionsOf))].filter(
    (action) => isRead(action) && !/^(ecr|logs):/.test(action),
  );
  test.each(reads)('%s', async (missing) => {
    const region = await pair(3004);
    const caller = new Caller(policyWith((action) => action !== missing));
    caller.enter(region);
    const result = await caller.run(region, whole);
    const { outcome, cause } = result.outputs;
    if (outcome === 'refused') {
      expect(cause).toBe('access-denied');
      expect(statementsIn(result).flatMap(actionsOf)).toEqual([missing]);
      expectFromDocs(statementsIn(result));
      expect(result.report.sentence).toContain(`One finding speaks against this shift: ${missing} `);
      expect(result.report.docs).toBe('docs/troubleshooting.md#access-denied');
      untouched(region);
    } else {
      // What only a shift under way reads, or what it does without.
      expect(['promoted', 'rolled-back']).toContain(outcome);
      if (outcome === 'rolled-back') expect(result.report.sentence).toContain(missing);
      expectTidy(region);
    }
  });
});

describe('an explicit deny', () => {
  test('is told as one: no further permission outweighs it', async () => {
    const region = await pair(3005);
    const Deny = {
      Sid: 'No',
      Effect: 'Deny',
      Action: 'elasticloadbalancing:DescribeTargetHealth',
      Resource: '*',
    };
    const caller = new Caller({ ...own, Statement: [...own.Statement, Deny] });
    caller.enter(region);
    const { report } = await caller.run(region, whole);
    expect(report.sentence).toContain(
      'elasticloadbalancing:DescribeTargetHealth is denied: an explicit deny in an identity-based policy.',
    );
    expect(report.remedy).toContain('An explicit deny has to be taken out where it stands');
    expect(report.sections.map(({ heading }) => heading)).toEqual(['Why not']);
  });
});

describe('an AWS that does not say no', () => {
  const elb = { service: 'elasticloadbalancing' } as const;
  test.each([
    ['server-error', 'transient', /ServiceUnavailable/],
    ['reset', 'transient', /ECONNRESET/],
    ['throttle', 'throttled', /Throttling: Rate exceeded/],
    ['expired-credentials', 'credentials', /security token included in the request is expired/],
  ] as const)('%s until its deadline is refused as %s', async (kind, cause, words) => {
    const region = await pair(3006);
    region.world.loadFaults({ rules: [{ id: 'f', match: elb, effect: { kind } }], events: [] });
    const files = new Map<string, string>();
    const result = await shift(region, { ...whole, report: 'report.json' }, { files });
    expect(result.outputs).toMatchObject({ outcome: 'refused', cause, weights: '', 'green-share': '' });
    expect(result.report.sentence).toMatch(words);
    expect(result.report.sentence).toMatch(/^Nothing was changed\. One finding speaks /);
    expect(result.report.docs).toBe(`docs/troubleshooting.md#${cause}`);
    expect(JSON.parse(files.get('report.json') ?? '')).toMatchObject({
      outcome: 'refused',
      outputs: { cause },
    });
    untouched(region);
  });

  test('a job that is cancelled meanwhile is cancelled', async () => {
    const region = await pair(3007);
    region.world.loadFaults({
      rules: [{ id: 'f', match: elb, effect: { kind: 'server-error' } }],
      events: [],
    });
    cancelAfter(region, 20_000);
    const { outputs, report } = await shift(region, whole);
    expect(outputs).toMatchObject({ outcome: 'cancelled' });
    expect(report.sentence).toBe('The job was cancelled before the shift had begun. Nothing was changed.');
  });
});

describe('what is not there', () => {
  const gone = (arn: string): string => arn.replace(/[^/]+$/, '0'.repeat(16));
  test.each([
    ['rule', 'rule-not-found', (region: Region) => ({ 'listener-rule-arn': gone(region.ruleArn) })],
    [
      'listener',
      'listener-not-found',
      (region: Region) => ({ 'listener-rule-arn': '', 'listener-arn': gone(region.listenerArn) }),
    ],
    ['cluster', 'not-found', () => ({ cluster: 'nowhere' })],
    ['group', 'target-group-not-found', () => ({ 'green-target-group': 'nobody' })],
  ] as const)('a %s', async (_what, cause, inputs) => {
    const region = await pair(3008);
    const { outputs, report } = await shift(region, { ...whole, ...inputs(region) });
    expect(outputs).toMatchObject({ outcome: 'refused', cause });
    expect(report.sentence).toMatch(/^Nothing was changed\. One finding speaks against this shift: /);
    untouched(region);
  });
});

/** From that event on one operation is denied. */
function deniedFrom(region: Region, code: string, operation: string): RunOptions {
  return {
    onEvent: (event) => {
      if (event.code !== code) return;
      const match = { operation };
      region.world.loadFaults({ rules: [{ id: 'd', match, effect: { kind: 'access-denied' } }], events: [] });
    },
  };
}

describe('denied before the shift, after something else', () => {
  test('a revision and a migration: what they changed is said', async () => {
    const region = await makeRegion('ecs', {
      seed: 3009,
      apps: { './migrate': { crashAfterMs: 10_000, exitCode: 0, crashLog: ['done'] } },
    });
    registerImage(region, 'v2');
    const text = JSON.stringify({
      ...region.world.must('ecs', 'DescribeTaskDefinition', { taskDefinition: 'api:2' }).taskDefinition,
      cpu: '512',
      memory: '1024',
    });
    const files = new Map([['api.json', text]]);
    const migration = { 'task-definition': 'api.json', 'pre-deploy-command': './migrate' };
    const { outputs, report } = await shift(
      region,
      { ...quick, ...migration },
      { files, ...deniedFrom(region, 'pre-deploy.passed', 'DescribeRules') },
    );
    expect(outputs).toMatchObject({ outcome: 'refused', cause: 'access-denied' });
    expect(report.sentence).toMatch(
      /^api:3 was registered\. The pre-deploy task \S+ passed\. No service and no weight was changed\. One finding speaks against this shift: elasticloadbalancing:DescribeRules is denied/,
    );
    expect(liveWeights(region)).toEqual({ 'api-a': 1 });
    expect(serviceNow(region, 'api-green')).toBeUndefined();
  });

  test('a shift that was taken back', async () => {
    const region = await pair(3010);
    await shift(region, { ...quick, until: '10', unattended: 'accept' });
    registerImage(region, 'v3');
    await settle(region, 10 * minute);
    const { outputs, report } = await shift(
      region,
      { ...quick, 'task-definition': 'api:3' },
      { runId: '2', ...deniedFrom(region, 'shift.cleared', 'DescribeTargetHealth') },
    );
    expect(outputs).toMatchObject({ outcome: 'refused', cause: 'access-denied' });
    expect(report.sentence).toMatch(
      /^Rolled back at 10 %: .* Nothing was changed beside that\. One finding speaks .*DescribeTargetHealth is denied/,
    );
    untouched(region);
  });

  test('a registration whose answer does not come', async () => {
    const region = await pair(3011);
    const match = { operation: 'RegisterTaskDefinition' };
    region.world.loadFaults({
      rules: [{ id: 'r', match, effect: { kind: 'reset-after-effect' } }],
      events: [],
    });
    const { containerDefinitions, ...rest } = region.world.must('ecs', 'DescribeTaskDefinition', {
      taskDefinition: 'api:2',
    }).taskDefinition;
    const [container] = containerDefinitions;
    const text = JSON.stringify({ ...rest, containerDefinitions: [{ ...container, image: 'api:v3' }] });
    const { outputs, report } = await shift(
      region,
      { ...quick, 'task-definition': 'api.json' },
      { files: new Map([['api.json', text]]) },
    );
    if (outputs['outcome'] === 'refused') {
      expect(report.sentence).toMatch(/^Whether a revision was registered is not known\. No service /);
    } else expect(outputs['outcome']).toBe('promoted');
  });
});

describe('in the middle of a shift there is an outcome, too', () => {
  const moments = ['shift.locked', 'green.updated', 'shift.weights-written'] as const;
  const reads = [
    'elasticloadbalancing:DescribeRules',
    'elasticloadbalancing:DescribeTags',
    'elasticloadbalancing:DescribeTargetHealth',
    'ecs:DescribeServices',
    'ecs:DescribeServiceDeployments',
    'ecs:ListTasks',
    'ecs:DescribeTasks',
    'cloudwatch:DescribeAlarms',
    'cloudwatch:GetMetricData',
  ] as const satisfies readonly AwsOperation[];
  test.each(moments.flatMap((moment) => reads.map((read) => [moment, read] as const)))(
    'from %s on %s',
    async (moment, read) => {
      const region = await pair(3012);
      const operation = read.slice(read.indexOf(':') + 1);
      const { outputs, report } = await shift(region, whole, deniedFrom(region, moment, operation));
      const { outcome } = outputs;
      const ends = [
        'promoted',
        'rolled-back',
        'rollback-failed',
        ...(read.startsWith('cloudwatch:') ? ['timed-out'] : []),
      ];
      expect(ends).toContain(outcome);
      // The rule has to be read before it is written: what a person has to write is told then.
      if (outcome === 'rollback-failed') {
        expect(read).toMatch(/DescribeRules|DescribeTargetHealth/);
        expect(report.commands?.join('\n')).toContain('aws elbv2 modify-rule');
      }
      if (outcome === 'rolled-back' || outcome === 'timed-out') {
        expect(liveWeights(region)).toEqual({ 'api-a': 1, 'api-b': 0 });
        // Metrics that cannot be read hold the step, which the log says.
        expect(`${report.sentence} ${region.log.join(' ')}`).toContain(operation);
      }
    },
  );
});
