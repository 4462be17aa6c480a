/**
 * What act does not know of the workflows: concurrency, environments and their deployments, limits. By GitHub's own
 * evaluator of expressions, over the workflows as they are.
 */
import { describe, expect, test } from '@jest/globals';
import { fillIn } from '../support/expressions.ts';
import { all, defaultsOf, ofKit, reusable } from '../support/kit-workflows.ts';

describe('concurrency', () => {
  /** Which runs wait for each other, whether a run is ever broken off, and how many may wait. */
  const table: Readonly<Record<string, readonly [cancels: boolean, queue: string]>> = {
    // By hand, once: a way back that waits is not dropped.
    cutover: [false, 'max'],
    // Of those that wait the newest stays: it has the commits of the others.
    deploy: [false, 'single'],
    fleet: [false, 'max'],
    // Nothing is changed: an older check of the same pull request is of no use.
    'pr-check': [true, 'single'],
    progressive: [false, 'max'],
    'release-service': [false, 'max'],
    // A person waits for it: nothing that comes later takes its place.
    rollback: [false, 'max'],
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
      'cutover/end': 'environment',
      'cutover/shift': 'environment',
      'deploy/deploy': 'environment',
      'fleet-wave/deploy': 'environment',
      'progressive/first': 'environment',
      'progressive/second': 'second-environment',
      'progressive/last': 'last-environment',
      'progressive/shown': 'environment',
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

describe('what GitHub shows in an environment', () => {
  /** Whether a job that ends well is shown as a deployment of the commit. */
  const shown = (workflow: string, job: string, inputs: Readonly<Record<string, unknown>> = {}): boolean => {
    const { environment } = reusable[workflow]!.jobs[job]!;
    if (typeof environment !== 'object' || environment.deployment === undefined)
      return environment !== undefined;
    const contexts = { inputs: { ...defaultsOf(reusable[workflow]!), ...inputs } };
    return fillIn(String(environment.deployment), contexts) !== 'false';
  };

  test.each([
    ['deploy', 'deploy', {}, true],
    ['fleet-wave', 'deploy', {}, true],
    ['progressive', 'first', {}, false],
    ['progressive', 'second', {}, true],
    ['progressive', 'last', {}, true],
    ['progressive', 'shown', {}, true],
    ['progressive', 'back', {}, false],
    ['release-service', 'staging', {}, true],
    ['release-service', 'production', {}, true],
    ['rollback', 'rollback', {}, true],
    ['rollback', 'rollback', { mode: 'list' }, false],
    ['rollback', 'rollback', { 'dry-run': true }, false],
    ['rollback', 'rollback', { 'github-deployment': true }, false],
    ['watch', 'watch', {}, false],
  ] as const)('%s, %s, with %j: %s', (workflow, job, inputs, expected) => {
    expect(shown(workflow, job, inputs)).toBe(expected);
  });
});
