/** What each job of the workflows may do at GitHub, and that it is enough to start; act gives every job the same token. */
import { describe, expect, test } from '@jest/globals';
import { type Ended, play } from '../support/expressions.ts';
import {
  all,
  defaultsOf,
  ofKit,
  type Permissions,
  reusable,
  starters,
  type Workflow,
} from '../support/kit-workflows.ts';

/** What each job may do at GitHub; `the caller's`: no word of its own, so what the calling job was given. */
const read_ = 'contents: read';
const deploys = 'contents: read, id-token: write';
const permissionTable: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cutover: { checklist: 'id-token: write', shift: deploys, back: 'id-token: write', end: 'id-token: write' },
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
    last: 'contents: read, id-token: write',
    shown: 'none',
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
        ...('github-deployment' in inputs
          ? [[{ 'github-deployment': true }, 'push', 'success'] as const]
          : []),
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
