/**
 * What no run under act can show, because act has neither environments nor approvals, concurrency or permissions:
 * by GitHub's own evaluator of expressions, over the workflows as they are.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Ended, fillIn, type JobResult, type JobText, namesOf, play } from '../support/expressions.ts';
import { root } from '../support/source-files.ts';

type Permissions = Readonly<Record<string, string>>;

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job extends JobText {
  readonly uses?: string;
  readonly environment?: string | { readonly name: string; readonly deployment?: string | boolean };
  readonly permissions?: Permissions;
  readonly concurrency?: unknown;
  readonly strategy?: { readonly 'fail-fast'?: boolean };
  readonly 'timeout-minutes'?: unknown;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: {
    readonly workflow_call?: { readonly inputs?: Readonly<Record<string, { readonly default?: unknown }>> };
  };
  readonly permissions?: Permissions;
  readonly concurrency?: {
    readonly group: string;
    readonly 'cancel-in-progress'?: unknown;
    readonly queue?: string;
  };
  readonly jobs: Readonly<Record<string, Job>>;
}

const read = (path: string): Workflow => parse(readFileSync(join(root, path), 'utf8')) as Workflow;
const workflowsIn = (folder: string): Readonly<Record<string, Workflow>> =>
  Object.fromEntries(
    globSync(`${folder}/*.yml`, { cwd: root })
      .sort()
      .map((path) => [basename(path, '.yml'), read(path)]),
  );
const all = Object.entries(workflowsIn('.github/workflows')).filter(
  ([, { on }]) => on.workflow_call !== undefined,
);
const reusable: Readonly<Record<string, Workflow>> = Object.fromEntries(all);
const starters = workflowsIn('workflows');
const defaultsOf = ({ on }: Workflow): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(on.workflow_call?.inputs ?? {}).map(([name, input]) => [name, input.default ?? '']),
  );
/** The action or the workflow of the kit that a job or a step uses. */
const ofKit = (uses: string | undefined): string | undefined =>
  /^(?:\$|org\/ips-deploy-actions)\/(?:actions|\.github\/workflows)\/([a-z-]+)(?:\.yml)?(?:@v1)?$/.exec(
    uses ?? '',
  )?.[1];

/** What each job may do at GitHub; `the caller's`: no word of its own, so what the calling job was given. */
const read_ = 'contents: read';
const deploys = 'contents: read, id-token: write';
const permissionTable: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cutover: { checklist: 'id-token: write', shift: deploys, back: 'id-token: write' },
  deploy: { deploy: deploys, tell: "the caller's" },
  fleet: {
    plan: 'none',
    ...Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`wave-${index + 1}`, deploys])),
    outcome: 'none',
    tell: "the caller's",
  },
  'fleet-wave': { deploy: deploys },
  'pr-check': {
    test: read_,
    image: read_,
    definition: 'contents: read, id-token: write, pull-requests: write',
  },
  progressive: {
    first: deploys,
    second: deploys,
    last: 'id-token: write',
    back: 'id-token: write',
    tell: "the caller's",
  },
  'release-service': { check: read_, staging: deploys, production: deploys, tag: 'contents: write' },
  rollback: { rollback: 'id-token: write', tell: "the caller's" },
  watch: { watch: 'id-token: write', tell: "the caller's" },
};

const inWords = (permissions: Permissions | undefined): string =>
  permissions === undefined
    ? "the caller's"
    : Object.entries(permissions)
        .map(([name, access]) => `${name}: ${access}`)
        .join(', ') || 'none';

describe('permissions', () => {
  test('are these, job by job', () => {
    expect(
      Object.fromEntries(
        all.map(([name, { jobs }]) => [
          name,
          Object.fromEntries(
            Object.entries(jobs).map(([job, { permissions }]) => [job, inWords(permissions)]),
          ),
        ]),
      ),
    ).toEqual(permissionTable);
  });

  /**
   * As GitHub decides whether a run may start at all: what a called workflow or a job in it names must not be more than
   * its caller has; a job that names nothing is not looked at, and has what the workflow names, or else the caller.
   * @see https://github.com/actions/runner/blob/main/src/Sdk/WorkflowParser/Conversion/PermissionsHelper.cs
   */
  function refusals(workflow: Workflow, granted: Permissions): readonly string[] {
    const rank = ['none', 'read', 'write'];
    const exceeds = (asked: Permissions): readonly string[] =>
      Object.entries(asked)
        .filter(([name, access]) => rank.indexOf(access) > rank.indexOf(granted[name] ?? 'none'))
        .map(([name, access]) => `${name}: ${access}`);
    return [
      ...exceeds(workflow.permissions ?? {}),
      ...Object.values(workflow.jobs).flatMap((job) => {
        const own = job.permissions ?? workflow.permissions ?? granted;
        const called = ofKit(job.uses);
        return [
          ...exceeds(job.permissions ?? {}),
          ...(called === undefined ? [] : refusals(reusable[called]!, own)),
        ];
      }),
    ];
  }

  test.each(Object.entries(starters))(
    'starter %s grants enough to start, and nothing in vain',
    (_, starter) => {
      for (const job of Object.values(starter.jobs)) {
        const granted = { ...starter.permissions, ...job.permissions };
        const called = reusable[ofKit(job.uses)!]!;
        expect(refusals(called, granted)).toEqual([]);
        for (const [name, access] of Object.entries(granted)) {
          const less = { ...granted, [name]: access === 'write' ? 'read' : 'none' };
          expect([name, refusals(called, less)]).not.toEqual([name, []]);
        }
      }
    },
  );

  test('that a job names where it need not run would keep every caller from starting', () => {
    const { deploy } = reusable;
    const jobs = { ...deploy!.jobs, tell: { ...deploy!.jobs['tell'], permissions: { contents: 'write' } } };
    expect(refusals({ ...deploy!, jobs }, starters['deploy']!.permissions!)).toEqual(['contents: write']);
  });

  test.each(all.filter(([, { jobs }]) => 'tell' in jobs))(
    '%s: the job with those of the caller runs nothing but tell-github, and only where it is asked for',
    (_, workflow) => {
      const { tell } = workflow.jobs;
      expect(tell!.steps!.map(({ uses }) => uses)).toEqual(['$/actions/tell-github']);
      expect(tell!.environment).toBeUndefined();
      // A word at the top would take them from it.
      expect(workflow.permissions).toBeUndefined();
      const inputs = defaultsOf(workflow);
      const good = (): Ended => ({ result: 'success', outputs: {} });
      const asked = [
        [{}, 'push', 'skipped'],
        [{ 'issue-on-rollback': true }, 'push', 'success'],
        [{ 'issue-on-rollback': true }, 'pull_request', 'skipped'],
        [{ 'issue-on-rollback': true }, 'pull_request_target', 'skipped'],
        ...('git-tag' in inputs ? [[{ 'git-tag': 'v1' }, 'push', 'success'] as const] : []),
      ] as const;
      for (const [change, event, expected] of asked) {
        const contexts = { inputs: { ...inputs, ...change }, github: { event_name: event } };
        const becomes = (job: string): Ended =>
          event.startsWith('pull_request') && job !== 'tell' ? { result: 'failure', outputs: {} } : good();
        expect([change, event, play(workflow.jobs, contexts, becomes)['tell']!.result]).toEqual([
          change,
          event,
          expected,
        ]);
      }
    },
  );

  test.each(all)('%s: what may begin a deployment may compare commits for the stale guard', (_, { jobs }) => {
    for (const { steps = [], permissions } of Object.values(jobs)) {
      for (const { uses, with: given = {} } of steps) {
        const begins =
          ['rolling-deploy', 'blue-green-shift'].includes(ofKit(uses) ?? '') &&
          !['judge', 'rollback-only', 'resume-only'].includes(String(given['on-interrupted']));
        expect(given['guard-stale']).toBeUndefined();
        if (begins) expect(permissions?.['contents']).toBe('read');
      }
    }
  });
});

describe('concurrency', () => {
  /** Which runs wait for each other, whether a run is ever broken off, and how many may wait. */
  const table: Readonly<Record<string, readonly [cancels: boolean, queue: string]>> = {
    // By hand, once.
    cutover: [false, 'single'],
    // Of those that wait the newest stays: it has the commits of the others.
    deploy: [false, 'single'],
    fleet: [false, 'max'],
    // Nothing is changed: an older check of the same pull request is of no use.
    'pr-check': [true, 'single'],
    progressive: [false, 'max'],
    'release-service': [false, 'max'],
    // The last word of a person counts.
    rollback: [false, 'single'],
    watch: [false, 'single'],
  };

  test('is over all jobs of a run, and breaks no deployment off', () => {
    const found = all.flatMap(([name, { concurrency }]) =>
      concurrency === undefined
        ? []
        : [[name, [concurrency['cancel-in-progress'] === true, concurrency.queue ?? 'single']]],
    );
    expect(Object.fromEntries(found)).toEqual(table);
    // A group of a single job would let another run in between two weights.
    for (const [, { jobs }] of all)
      for (const job of Object.values(jobs)) expect(job.concurrency).toBeUndefined();
    // What has none runs inside the group of its caller.
    const parts = all.filter(([, { concurrency }]) => concurrency === undefined).map(([name]) => name);
    const called = all.flatMap(([, { jobs }]) => Object.values(jobs).flatMap((job) => ofKit(job.uses) ?? []));
    expect(parts).toEqual([...new Set(called)]);
  });

  const groupOf = (name: string, inputs: Readonly<Record<string, unknown>>): string =>
    fillIn(reusable[name]!.concurrency!.group, {
      inputs: { ...defaultsOf(reusable[name]!), environment: 'Production', cluster: 'c', ...inputs },
      github: { event: { pull_request: { number: 7 } }, ref: 'refs/heads/main' },
    });
  const listener = { 'listener-arn': 'arn:listener' };
  const rule = { 'listener-rule-arn': 'arn:rule', ...listener };

  test.each([
    ['two shifts of one listener', ['progressive', listener], ['progressive', listener], true],
    ['a shift by approvals and one in one job', ['progressive', listener], ['deploy', listener], true],
    [
      'shifts of one rule, whatever listener is named',
      ['progressive', rule],
      ['deploy', { 'listener-rule-arn': 'arn:rule' }],
      true,
    ],
    [
      'shifts of two listeners',
      ['progressive', listener],
      ['progressive', { 'listener-arn': 'arn:other' }],
      false,
    ],
    [
      'the same in two environments',
      ['progressive', listener],
      ['progressive', { ...listener, environment: 'Staging' }],
      false,
    ],
    [
      'a deployment and a release of one service',
      ['deploy', { service: 's' }],
      ['release-service', { service: 's' }],
      true,
    ],
    ['deployments of two services', ['deploy', { service: 's' }], ['deploy', { service: 't' }], false],
    [
      'a shift to ECS and the way back to the host',
      ['cutover', listener],
      ['cutover', { ...listener, mode: 'back' }],
      false,
    ],
    ['a rest and who watches over it', ['progressive', listener], ['watch', listener], false],
    [
      'a deployment and the rollback of it',
      ['deploy', { service: 's' }],
      ['rollback', { service: 's' }],
      false,
    ],
    [
      'a rollback and a list',
      ['rollback', { service: 's' }],
      ['rollback', { service: 's', mode: 'list' }],
      false,
    ],
    ['two rollbacks of one service', ['rollback', { service: 's' }], ['rollback', { service: 's' }], true],
    ['two fleets', ['fleet', { image: 'a' }], ['fleet', { image: 'b' }], true],
    ['a fleet and a deployment', ['fleet', {}], ['deploy', { service: 's' }], false],
  ] as const)('%s', (_, [one, its], [other, others], wait) => {
    expect(groupOf(one, its) === groupOf(other, others)).toBe(wait);
  });
});

describe('every job', () => {
  test.each(all)('of %s has a limit, by a number or by its caller', (_, { jobs }) => {
    for (const [name, job] of Object.entries(jobs)) {
      const limit = job['timeout-minutes'];
      // One that calls a workflow cannot have one: those of its jobs count.
      if (job.uses !== undefined) expect([name, limit]).toEqual([name, undefined]);
      else if (typeof limit === 'number') expect(limit).toBeLessThanOrEqual(360);
      else
        expect([name, limit]).toEqual([name, expect.stringMatching(/^\$\{\{ inputs\.timeout-minutes \}\}$/)]);
    }
  });

  test('that has credentials is in the environment that protects them, approvals included', () => {
    const environments = all.flatMap(([workflow, { jobs }]) =>
      Object.entries(jobs).flatMap(([job, { environment }]) => {
        if (environment === undefined) return [];
        const name = typeof environment === 'string' ? environment : environment.name;
        return [[`${workflow}/${job}`, /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(name)?.[1] ?? name]];
      }),
    );
    expect(Object.fromEntries(environments)).toEqual({
      'cutover/back': 'environment',
      'cutover/checklist': 'environment',
      'cutover/shift': 'environment',
      'deploy/deploy': 'environment',
      'fleet-wave/deploy': 'environment',
      'progressive/first': 'environment',
      'progressive/second': 'second-environment',
      'progressive/last': 'last-environment',
      'progressive/back': 'environment',
      'release-service/staging': 'staging-environment',
      'release-service/production': 'environment',
      'rollback/rollback': 'environment',
      'watch/watch': 'environment',
    });
    const outside = all.flatMap(([workflow, { jobs }]) =>
      Object.entries(jobs)
        .filter(([, job]) => job.uses === undefined && job.permissions?.['id-token'] && !job.environment)
        .map(([job]) => `${workflow}/${job}`),
    );
    // It only reads, for a pull request.
    expect(outside).toEqual(['pr-check/definition']);
  });
});

describe('progressive: who takes the traffic back', () => {
  const { progressive } = reusable;
  const outcomes = [
    '',
    'paused',
    'promoted',
    'promoted-on-probes',
    'no-change',
    'rolled-back',
    'rollback-failed',
    'interfered',
    'refused',
    'cancelled',
    'timed-out',
  ] as const;
  const good: ReadonlySet<string> = new Set(['paused', 'promoted', 'promoted-on-probes', 'no-change']);
  /** A job that was refused its approval, or waited for too long, failed; a run that was cancelled has cancelled jobs. */
  const endings: readonly Ended[] = outcomes.flatMap((outcome) => {
    const results: readonly JobResult[] =
      outcome === '' || !good.has(outcome) ? ['failure', 'cancelled'] : ['success', 'failure', 'cancelled'];
    return results.map((result) => ({ result, outputs: { outcome } }));
  });
  const playWith = (first: Ended, second: Ended, last: Ended, event = 'push') =>
    play(
      progressive!.jobs,
      { inputs: defaultsOf(progressive!), github: { event_name: event } },
      (job) => ({ first, second, last })[job] ?? { result: 'success', outputs: {} },
    );
  const paused: Ended = { result: 'success', outputs: { outcome: 'paused' } };
  const promoted: Ended = { result: 'success', outputs: { outcome: 'promoted' } };
  const without = (result: JobResult): Ended => ({ result, outputs: {} });
  const ended = (result: JobResult, outcome: string): Ended => ({ result, outputs: { outcome } });

  test.each([
    ['all approved', paused, paused, promoted, false],
    ['the second approval refused, or expired', paused, without('failure'), promoted, true],
    ['the last approval refused, or expired', paused, paused, without('failure'), true],
    ['the run cancelled while it waits for the second', paused, without('cancelled'), promoted, true],
    ['the run cancelled while it waits for the last', paused, paused, without('cancelled'), true],
    ['the runner of the second lost', paused, without('failure'), promoted, true],
    ['the second cancelled in the middle', paused, ended('cancelled', 'cancelled'), promoted, true],
    ['its own way back failed', paused, ended('failure', 'rollback-failed'), promoted, true],
    ['it took the traffic back itself', paused, ended('failure', 'rolled-back'), promoted, false],
    ['the last took it back itself', paused, paused, ended('failure', 'rolled-back'), false],
    ['somebody else has the weights now', paused, ended('failure', 'interfered'), promoted, false],
    ['nothing rested any more', paused, ended('failure', 'refused'), promoted, false],
    ['the first never rested', ended('failure', 'rolled-back'), paused, promoted, false],
    ['the first was refused its inputs', without('failure'), paused, promoted, false],
    ['the last paused too, and then its job failed', paused, paused, ended('failure', 'timed-out'), true],
  ] as const)('%s', (_, first, second, last, back) => {
    expect(playWith(first, second, last)['back']!.result).toBe(back ? 'success' : 'skipped');
  });

  test('of all endings: it runs exactly where a weight may still rest that nobody goes on with', () => {
    const mayRest: ReadonlySet<string> = new Set(['', 'cancelled', 'timed-out', 'rollback-failed']);
    let takenBack = 0;
    // Nothing lets the last rest.
    for (const first of endings)
      for (const second of endings)
        for (const last of endings.filter(({ outputs }) => outputs['outcome'] !== 'paused')) {
          const { back, second: ran, last: ranLast } = playWith(first, second, last);
          const rests = first.outputs['outcome'] === 'paused';
          const stopped = (job: Ended): boolean =>
            job.result !== 'success' && mayRest.has(job.outputs['outcome'] ?? '');
          const wanted =
            rests && (stopped(ran!) || (second.outputs['outcome'] === 'paused' && stopped(ranLast!)));
          const told = `${JSON.stringify([first, second, last])} -> ${back!.result}`;
          if ((back!.result === 'success') !== wanted) throw new Error(told);
          if (wanted) takenBack++;
        }
    expect(takenBack).toBeGreaterThan(1000);
  });

  test('nothing of it for a pull request', () => {
    expect(playWith(without('failure'), paused, promoted, 'pull_request')['back']!.result).toBe('skipped');
    expect(playWith(paused, without('failure'), promoted, 'pull_request_target')['back']!.result).toBe(
      'skipped',
    );
  });
});

describe('fleet: the first bad wave is the last', () => {
  const { fleet } = reusable;
  const waves = Object.keys(fleet!.jobs).filter((name) => name.startsWith('wave-'));

  test.each(waves.map((_, index) => index + 1))('where it is wave %i of ten', (bad) => {
    const planned = Object.fromEntries(waves.map((name) => [name, '[{"service":"s"}]']));
    const ended = play(
      fleet!.jobs,
      { inputs: defaultsOf(fleet!), github: { event_name: 'push' } },
      (job) => ({
        result: job === `wave-${bad}` ? 'failure' : 'success',
        outputs: job === 'plan' ? planned : {},
      }),
    );
    expect(waves.map((name) => ended[name]!.result)).toEqual(
      waves.map((_, index) => (index + 1 < bad ? 'success' : index + 1 === bad ? 'failure' : 'skipped')),
    );
    expect(ended['outcome']!.result).toBe('success');
  });

  test.each([1, 3, 10])('with %i waves planned, these run', (count) => {
    const planned = Object.fromEntries(waves.map((name, index) => [name, index < count ? '[{}]' : '[]']));
    const ended = play(
      fleet!.jobs,
      { inputs: defaultsOf(fleet!), github: { event_name: 'push' } },
      (job) => ({ result: 'success', outputs: job === 'plan' ? planned : {} }),
    );
    expect(waves.filter((name) => ended[name]!.result === 'success')).toHaveLength(count);
  });

  test('waves give their services all that the fleet was given, and differ in nothing but their services', () => {
    const plain = (name: string) =>
      JSON.stringify(fleet!.jobs[name])
        .replaceAll(/wave-\d+/g, 'wave')
        .replace(/Wave \d+/, 'Wave');
    const [first, ...others] = waves;
    expect(namesOf(fleet!.jobs[first!]!)).toEqual(['plan']);
    for (const name of others)
      expect(plain(name).replace('"needs":["plan","wave"]', '"needs":["plan"]')).toBe(plain(first!));
    // A service that is being deployed is not broken off for another one.
    expect(reusable['fleet-wave']!.jobs['deploy']!.strategy!['fail-fast']).toBe(false);
  });
});
