/** The two scripts of fleet.yml as they stand there, run by bash: the plan of the waves, and what became of each service. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { all } from '../../support/kit-workflows.ts';

const { jobs } = all.find(([name]) => name === 'fleet')![1];
const scriptOf = (job: string): string => jobs[job]!.steps!.find(({ run }) => run !== undefined)!.run!;
const folder = mkdtempSync(join(tmpdir(), 'ips-fleet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let runs = 0;

/** As GitHub's runner does with a step that names no shell of its own. */
function run(
  job: string,
  environment: Readonly<Record<string, string>>,
  notes: Readonly<Record<string, string>> = {},
) {
  const own = join(folder, String(++runs));
  mkdirSync(join(own, 'fleet'), { recursive: true });
  for (const [name, text] of Object.entries(notes)) writeFileSync(join(own, 'fleet', name), text);
  const script = join(own, 'script.sh');
  writeFileSync(script, scriptOf(job));
  const output = join(own, 'output');
  const summary = join(own, 'summary');
  for (const file of [output, summary]) writeFileSync(file, '');
  const { status, stdout, stderr } = spawnSync('bash', ['-e', script], {
    cwd: own,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_RUN_ID: '7',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/api',
      RUNNER_TEMP: own,
      ...environment,
    },
  });
  const outputs = Object.fromEntries(
    readFileSync(output, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const injected = existsSync(join(own, 'injected'));
  return { status, log: `${stdout}${stderr}`, outputs, summary: readFileSync(summary, 'utf8'), injected };
}

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `s${index + 1}`);

function plan(services: string, waves: string, change: Readonly<Record<string, string>> = {}) {
  return run('plan', {
    EVENT: 'push',
    REGION: 'ap-south-1',
    CLUSTER: 'c',
    SERVICES: services,
    WAVES: waves,
    IMAGE: 'image@sha256:0',
    GIT_TAG: '',
    ...change,
  });
}

describe('the plan', () => {
  const sizesOf = (outputs: Readonly<Record<string, string>>): readonly number[] =>
    Array.from({ length: 10 }, (_, index) => JSON.parse(outputs[`wave-${index + 1}`]!).length).filter(
      (size) => size > 0,
    );

  test.each([
    [20, '1,5', [1, 5, 14]],
    [20, '2,30%,8', [2, 6, 8, 4]],
    [20, ' 1, 10% ', [1, 2, 17]],
    // Shares are of all services, and rounded up: one service at least.
    [3, '10%,10%', [1, 1, 1]],
    [250, '1%,2%,5%,10%,20%,30%', [3, 5, 13, 25, 50, 75, 79]],
    [1000, '1,5,2%,5%,10%,20%,25%,25%', [1, 5, 20, 50, 100, 200, 250, 250, 124]],
    [259, '1,2', [1, 2, 256]],
    [260, '1,2', undefined],
    [5, '99%', [5]],
    [2, '5,5', [2]],
    [9, '1,1,1,1,1,1,1,1,1', [1, 1, 1, 1, 1, 1, 1, 1, 1]],
    [12, '1,1,1,1,1,1,1,1,1', [1, 1, 1, 1, 1, 1, 1, 1, 1, 3]],
  ])('%i services by %j', (count, waves, sizes) => {
    const { status, log, outputs } = plan(names(count).join('\n'), waves);
    if (sizes === undefined) {
      expect([status, log]).toEqual([1, expect.stringContaining('more than the 256 jobs')]);
      return;
    }
    expect([status, sizesOf(outputs)]).toEqual([0, sizes]);
    expect(outputs['services']!.split(' ')).toHaveLength(count);
  });

  test('by lines: each is a wave, with regions and clusters of its own', () => {
    const { status, outputs, summary } = plan('\n a\n\neu-west-1/d/b, e/c\n', 'lines');
    expect(status).toBe(0);
    expect(JSON.parse(outputs['wave-1']!)).toEqual([
      { at: 1, region: 'ap-south-1', cluster: 'c', service: 'a' },
    ]);
    expect(JSON.parse(outputs['wave-2']!)).toEqual([
      { at: 2, region: 'eu-west-1', cluster: 'd', service: 'b' },
      { at: 3, region: 'ap-south-1', cluster: 'e', service: 'c' },
    ]);
    expect(outputs['wave-3']).toBe('[]');
    expect(outputs['services']).toBe('1:ap-south-1/c/a 2:eu-west-1/d/b 2:ap-south-1/e/c');
    expect(summary).toContain('### 3 services in 2 waves');
  });

  test.each([10, 11])('%i lines', (count) => {
    const { status, log } = plan(names(count).join('\n'), 'lines');
    expect([status, log]).toEqual(
      count <= 10 ? [0, ''] : [1, expect.stringContaining('has 11 of them. There are at most 10 waves.')],
    );
  });

  const hostile = '$(touch injected);`touch injected`";touch injected;"';
  test.each(['0', '1,', '100%', '1.5', '1,1,1,1,1,1,1,1,1,1', '1000', '-1', '', hostile, '1\n$(id)'])(
    'waves of %j are refused',
    (waves) => {
      const { status, log, injected } = plan('a', waves);
      expect([status, injected]).toEqual([1, false]);
      expect(log).toContain('Input "waves": up to nine numbers or shares');
    },
  );

  test('all that is wrong is said at once, and becomes no command', () => {
    const { status, log, outputs, injected } = plan(`a a ${hostile} x/y/z/w\n::error::x`, 'lines', {
      EVENT: 'pull_request_target',
      REGION: hostile,
      CLUSTER: hostile,
      IMAGE: `x ${hostile}`,
      GIT_TAG: hostile,
    });
    expect([status, outputs, injected]).toEqual([1, {}, false]);
    for (const input of ['aws-region', 'cluster', 'services', 'image', 'git-tag'])
      expect(log).toContain(`Input "${input}": `);
    expect(log).toContain('Event: what a pull request brings is not deployed.');
    expect(log.split('\n').filter((line) => line.startsWith('::error::'))).toEqual([]);
  });

  test.each([
    ['v1.2.3', true],
    ['fleet-{date}-{run}', true],
    ['', true],
    ['a..b', false],
    ['-x', false],
    ['a b', false],
    ['a/b', false],
    ['a\nb', false],
    ['x'.repeat(129), false],
  ])('git-tag %j: %s', (tag, good) => {
    expect(plan('a', '1', { GIT_TAG: tag }).status).toBe(good ? 0 : 1);
  });
});

describe('what became of each service', () => {
  /** Two, two and one. */
  const services = '1:r/c/a 1:r/c/b 2:r/c/d 2:r/c/e 3:r/c/f';
  const outcome = (
    results: readonly string[],
    notes: Readonly<Record<string, string>>,
    planned = 'success',
  ) => {
    const filled = [...results, ...Array.from({ length: 10 - results.length }, () => 'skipped')];
    const { outputs, ...others } = run(
      'outcome',
      { PLANNED: planned, SERVICES: services, RESULTS: filled.join(' ') },
      notes,
    );
    const told = JSON.parse(outputs['services']!) as readonly Readonly<Record<string, unknown>>[];
    return {
      ...others,
      outputs,
      told: told.map((each) => [each['service'], each['outcome'], each['cause']]),
    };
  };
  const good = {
    '1': 'succeeded -\n',
    '2': 'no-change -\n',
    '3': 'succeeded -\n',
    '4': 'succeeded -\n',
    '5': 'succeeded -\n',
  };

  test('all good', () => {
    const { status, outputs, told, summary } = outcome(['success', 'success', 'success'], good);
    expect(status).toBe(0);
    expect(outputs).toMatchObject({
      outcome: 'succeeded',
      'stopped-at': '',
      bad: '',
      'not-reached': '',
      issue: '',
    });
    expect(told).toEqual([
      ['a', 'succeeded', ''],
      ['b', 'no-change', ''],
      ['d', 'succeeded', ''],
      ['e', 'succeeded', ''],
      ['f', 'succeeded', ''],
    ]);
    expect(summary).toContain('### ✅ Every service has the image');
  });

  test('all good, and not one note came through', () => {
    const { outputs, told } = outcome(['success', 'success', 'success'], {});
    expect(outputs['outcome']).toBe('succeeded');
    expect(new Set(told.map((each) => each[1]))).toEqual(new Set(['succeeded']));
  });

  test('stopped at the second wave', () => {
    const notes = { ...good, '4': 'rolled-back container-exited\n' };
    const { outputs, told, summary } = outcome(['success', 'failure', 'skipped'], notes);
    expect(outputs).toMatchObject({
      outcome: 'stopped',
      'stopped-at': '2',
      bad: 'r/c/e',
      'not-reached': 'r/c/f',
    });
    expect(told.slice(2)).toEqual([
      ['d', 'succeeded', ''],
      ['e', 'rolled-back', 'container-exited'],
      ['f', 'not-reached', ''],
    ]);
    expect(summary).toContain('### ❌ Stopped at wave 2: 1 bad, 1 not reached');
    expect(summary).toContain('| ⏸️ | r/c/f | 3 | not-reached |  |');
    const { title, body } = JSON.parse(outputs['issue']!) as { title: string; body: string };
    expect(title).toBe('Fleet: stopped at wave 2');
    expect(body).toMatch(
      /^<!-- ips-deploy-actions: fleet -->\n\n\[The run\]\(https:\/\/github\.com\/acme\/api\/actions\/runs\/7\)\n/,
    );
    expect(body).toContain('| ❌ | r/c/e | 2 | rolled-back | container-exited |');
  });

  test('a job that left no note in a bad wave is unknown, and counts as bad', () => {
    const { outputs, told } = outcome(['failure'], { '1': 'succeeded -\n' });
    expect(told[1]).toEqual(['b', 'unknown', '']);
    expect(outputs).toMatchObject({ 'stopped-at': '1', bad: 'r/c/b', 'not-reached': 'r/c/d r/c/e r/c/f' });
  });

  test('a run that was cancelled: what had not begun was not reached', () => {
    const { outputs } = outcome(['success', 'cancelled', 'cancelled'], { ...good, '4': 'cancelled -\n' });
    expect(outputs).toMatchObject({
      outcome: 'stopped',
      'stopped-at': '2',
      bad: 'r/c/e',
      'not-reached': 'r/c/f',
    });
  });

  test('a plan that was refused: nothing was changed', () => {
    const { status, outputs, summary } = outcome(['skipped'], {}, 'failure');
    expect([status, outputs['outcome'], outputs['services']]).toEqual([0, 'refused', '[]']);
    expect(summary).toBe('### ❌ Nothing was changed\n');
  });

  test.each([
    '$(touch injected) `touch injected`',
    '"},{"a":"b" |x|',
    '::error::x\n',
    'A B',
    '',
    '\n\n',
    'x'.repeat(9000),
  ])('a note of %j is no outcome', (note) => {
    const { status, told, injected, log } = outcome(['failure'], { '1': note, '2': `succeeded ${note}` });
    expect([status, injected, log]).toEqual([0, false, '']);
    expect(told.slice(0, 2)).toEqual([
      ['a', 'unknown', ''],
      ['b', 'succeeded', ''],
    ]);
  });
});
