/**
 * Runs a workflow that uses the kit's root action for real, by nektos/act on this machine without containers.
 * The kit is given to act as the local repository `org/kit`, the application as a git repository of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { root } from '../../support/source-files.ts';

export interface WorkflowRun {
  readonly exitCode: number;
  /** What act printed. */
  readonly log: string;
  /** Outputs of the step with the root action, as the step after it saw them. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What is in the file that the output task-definition names, as the step after it saw it; undefined without. */
  readonly taskDefinition: unknown;
}

export interface Workbench {
  /** Runs the workflow with these inputs of workflow_dispatch. */
  run(inputs: Readonly<Record<string, string>>): Promise<WorkflowRun>;
}

export interface WorkbenchOptions {
  /** Everything is written below this. */
  readonly folder: string;
  readonly workflow: string;
  /** Variables of the job's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Of one run, in real time; act then cancels it. */
  readonly deadlineMs: number;
}

export function setUpWorkbench(options: WorkbenchOptions): Workbench {
  const { folder } = options;
  const kit = join(folder, 'kit');
  copyKit(kit);
  const application = join(folder, 'application');
  createApplication(application, options.workflow);
  const home = join(folder, 'home');
  mkdirSync(home);
  let count = 0;
  return {
    run: (inputs) => {
      const results = join(folder, `results-${++count}`);
      mkdirSync(results);
      const variables = join(folder, `environment-${count}`);
      writeFileSync(variables, asLines({ ...options.environment, RESULTS: results }));
      const secrets = join(folder, 'secrets');
      writeFileSync(secrets, asLines(options.secrets), { mode: 0o600 });
      return runAct(
        [
          'workflow_dispatch',
          ...['--directory', application],
          ...['--platform', 'ubuntu-latest=-self-hosted'],
          ...['--local-repository', `org/kit@self=${kit}`],
          ...['--env-file', variables],
          ...['--secret-file', secrets],
          ...Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
          '--no-cache-server',
        ],
        home,
        results,
        options.deadlineMs,
      );
    },
  };
}

/** `$/` names the repository of the running action; act does not know it, so the copy names itself. */
function copyKit(kit: string): void {
  for (const part of ['actions', 'dist']) cpSync(join(root, part), join(kit, part), { recursive: true });
  const action = readFileSync(join(root, 'action.yml'), 'utf8');
  writeFileSync(join(kit, 'action.yml'), action.replaceAll(/uses: \$\/(\S+)/g, 'uses: org/kit/$1@self'));
}

/** The example as its users have it: a repository with one commit. */
function createApplication(application: string, workflow: string): void {
  cpSync(join(root, 'examples/ips-data-acquisition-api'), application, { recursive: true });
  rmSync(join(application, '.github'), { recursive: true });
  mkdirSync(join(application, '.github/workflows'), { recursive: true });
  writeFileSync(join(application, '.github/workflows/deploy.yml'), workflow);
  const git = (...words: string[]): void => {
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...words], {
      cwd: application,
      stdio: 'ignore',
    });
  };
  git('init', '--initial-branch', 'main');
  git('remote', 'add', 'origin', 'https://github.com/acme/ips-data-acquisition-api.git');
  git('add', '.');
  git('commit', '--message', 'First version');
}

function asLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function runAct(
  words: readonly string[],
  home: string,
  results: string,
  deadlineMs: number,
): Promise<WorkflowRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('act', words, {
      // GitHub's runner brings its own Node 24; act takes the first one it finds.
      env: {
        PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
        HOME: home,
        XDG_CACHE_HOME: join(home, '.cache'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log += chunk;
      });
    }
    const deadline = setTimeout(() => child.kill('SIGTERM'), deadlineMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(deadline);
      resolve({
        exitCode: code ?? 137,
        log,
        outputs: (readJson(join(results, 'outputs.json')) ?? {}) as Record<string, string>,
        taskDefinition: readJson(join(results, 'task-definition.json')),
      });
    });
  });
}

function readJson(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
