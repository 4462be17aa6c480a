/** Action files and workflows: what GitHub's own parser says of them, and actionlint and zizmor where they are. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { root } from '../support/source-files.ts';
import { toolAvailable } from '../support/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'ips-workflows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inRepository = (...patterns: string[]): readonly string[] =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();

const actionFiles = inRepository('action.yml', 'actions/*/action.yml');
const exampleWorkflows = inRepository('examples/*/.github/workflows/*.yml');
const ownWorkflows = inRepository('.github/workflows/*.yml', 'workflows/*.yml', 'test/e2e/*/*.yml');
const workflows = [...ownWorkflows, ...exampleWorkflows];

function run(program: string, words: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd: root, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

function parserProblems(
  files: readonly string[],
): readonly { readonly file: string; readonly message: string }[] {
  const { status, stdout, stderr } = run(process.execPath, [
    join(import.meta.dirname, 'parse-workflow-files.mjs'),
    ...files,
  ]);
  if (status !== 0) throw new Error(`The parser did not run: ${stderr}`);
  return JSON.parse(stdout) as { file: string; message: string }[];
}

test('all action files and workflows are found', () => {
  expect(actionFiles).toHaveLength(10);
  expect(exampleWorkflows).toContain('examples/ips-data-acquisition-api/.github/workflows/deploy.yml');
  expect(ownWorkflows).toEqual(
    expect.arrayContaining([
      '.github/workflows/deploy.yml',
      'test/e2e/root-action/workflow.yml',
      'test/e2e/workflows/caller.yml',
      'workflows/deploy.yml',
    ]),
  );
});

describe("GitHub's parser", () => {
  test('takes all of them', () => {
    expect(parserProblems([...actionFiles, ...workflows])).toEqual([]);
  });

  test.each([
    ['action.yml', 'action.yml', 'using: composite', 'usng: composite', "Unexpected value 'usng'"],
    ['action.yml', 'action.yml', 'inputs.image }}', 'inputs.image | }}', "Unexpected symbol: '|'"],
    [exampleWorkflows[0]!, 'workflow.yml', 'runs-on:', 'runs-one:', 'Required property is missing: runs-on'],
    [exampleWorkflows[0]!, 'workflow.yml', 'needs: build-and-push', 'needs: x', "unknown job 'x'"],
  ])('would say so of %s as %s with %j as %j', (source, name, good, bad, complaint) => {
    const text = readFileSync(join(root, source), 'utf8');
    expect(text).toContain(good);
    const path = join(folder, name);
    writeFileSync(path, text.replaceAll(good, bad));
    expect(parserProblems([path]).map(({ message }) => message)).toContainEqual(
      expect.stringContaining(complaint),
    );
  });
});

/** A step that uses an action, or a job that calls a workflow. */
interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Declaring {
  readonly inputs: Readonly<Record<string, { required?: boolean }>>;
}

/** What users copy from the pages: whole workflows as they stand, lists of steps inside a smallest workflow. */
const snippets = inRepository('*.md', 'actions/*/README.md', 'docs/**/*.md').flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].flatMap(
    (match, index) => {
      const text = match[1]!;
      const title = `${page}, ${index + 1}`;
      const content = parse(text) as unknown;
      // Other documents than workflows: compose files, values of inputs.
      if (!Array.isArray(content)) return 'jobs' in (content as object) ? [{ title, page, text }] : [];
      const steps = text.replace(/^(?=.)/gm, '      ');
      return [
        { title, page, text: `on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n${steps}` },
      ];
    },
  ),
);

describe('workflows in the pages', () => {
  test('are found', () => {
    const pages = snippets.map(({ page }) => page);
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'actions/rollback/README.md']));
  });

  test.each(snippets)("$title: GitHub's parser takes it", ({ text }) => {
    const path = join(folder, 'snippet.yml');
    writeFileSync(path, text);
    expect(parserProblems([path])).toEqual([]);
  });

  test.each(snippets)('$title: gives our actions inputs they have, and those they need', ({ text }) => {
    const { jobs } = parse(text) as { jobs: Readonly<Record<string, Step & { steps?: readonly Step[] }>> };
    const ours = Object.values(jobs)
      .flatMap((job) => [job, ...(job.steps ?? [])])
      .flatMap((step) => {
        const folderOfAction = /^org\/ips-deploy-actions(?:\/([^@]+))?@/.exec(step.uses ?? '');
        return folderOfAction === null ? [] : [{ step, folder: folderOfAction[1] ?? '.' }];
      });
    expect(ours).not.toEqual([]);
    for (const { step, folder: actionFolder } of ours) {
      const called = actionFolder.endsWith('.yml');
      const file = parse(
        readFileSync(join(root, actionFolder, called ? '.' : 'action.yml'), 'utf8'),
      ) as Declaring & { on: { workflow_call: Declaring } };
      const { inputs } = called ? file.on.workflow_call : file;
      const given = Object.keys(step.with ?? {});
      expect({
        unknown: given.filter((name) => inputs[name] === undefined),
        missing: Object.keys(inputs).filter((name) => inputs[name]?.required && !given.includes(name)),
      }).toEqual({ unknown: [], missing: [] });
    }
  });
});

const withActionlint = toolAvailable('actionlint', 'test/tidy/workflows') ? test : test.skip;

withActionlint('actionlint has nothing to say', () => {
  // SC2029: that variables of an ssh command expand on this side is what the example means.
  expect(run('actionlint', ['-no-color', '-oneline', '-ignore', 'SC2029:', ...workflows])).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});

const withZizmor = toolAvailable('zizmor', 'test/tidy/workflows') ? test : test.skip;

/** Empty, or what it found. */
function zizmorFindings(...words: readonly string[]): string {
  const { status, stdout, stderr } = run('zizmor', ['--offline', '--quiet', '--color=never', ...words]);
  return status === 0 ? '' : `${stdout}${stderr}`;
}

withZizmor('zizmor finds nothing in the actions', () => {
  expect(zizmorFindings(...actionFiles)).toBe('');
});

withZizmor('zizmor finds nothing in the workflows but tags instead of commits', () => {
  // The example is of the time before the kit, the tests' workflows fetch nothing, and users of the starter
  // workflows name a version of the kit. That ours name commits is checked in reusable-workflows.
  const config = join(folder, 'zizmor.yml');
  writeFileSync(config, "rules: { unpinned-uses: { config: { policies: { '*': ref-pin } } } }\n");
  expect(zizmorFindings('--config', config, ...workflows)).toBe('');
});
