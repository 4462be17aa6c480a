/**
 * Runs workflows for real, by nektos/act on this machine without containers. The kit is given to act as a local
 * repository, the application as a git repository of its own; what act cannot fetch has local stand-ins.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { root } from './source-files.ts';

export interface WorkflowRun {
  readonly exitCode: number;
  /** What act printed. */
  readonly log: string;
  /** The folder that steps find as RESULTS. */
  readonly results: string;
}

export interface RunRequest {
  readonly event: 'push' | 'pull_request' | 'pull_request_target' | 'workflow_run' | 'workflow_dispatch';
  /** File in `.github/workflows` of the application. */
  readonly workflow: string;
  /** Of workflow_dispatch. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Variables of the repository that are others in this run. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The event as GitHub describes it. */
  readonly payload?: unknown;
  /** Cancels the run as a hand on the keyboard does: act kills what runs, then the post steps have their turn. */
  readonly cancelled?: AbortSignal;
}

export interface Workbench {
  /** A new commit of the application, with these files in it; its sha. */
  commit(message: string, files?: Readonly<Record<string, string>>): string;
  /** Runs are of this commit, on a branch of that name, from now on, as those of an older push are; `main` brings the newest back. */
  checkOut(commit: string, branch?: string): void;
  run(request: RunRequest): Promise<WorkflowRun>;
}

export interface WorkbenchOptions {
  /** Everything is written below this. */
  readonly folder: string;
  /** How workflows name the kit, `owner/name@ref`. */
  readonly kit: string;
  /** Further versions of the kit by their ref: what becomes of the text of each of its workflows. */
  readonly versions?: Readonly<Record<string, (text: string) => string>>;
  /** Folders by the reference of the action that they stand for, `owner/name@ref`. */
  readonly standIns?: Readonly<Record<string, string>>;
  /** Text by file name. */
  readonly workflows: Readonly<Record<string, string>>;
  /** Files of the application that are not as in the example. */
  readonly files?: Readonly<Record<string, string>>;
  /** Variables of the job's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** What workflows find as `vars`. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Of one run, in real time; act then cancels it. */
  readonly deadlineMs: number;
}

export function setUpWorkbench(options: WorkbenchOptions): Workbench {
  const { folder } = options;
  const [owner] = options.kit.split('@');
  const kits: Record<string, string> = { [options.kit]: copyKit(join(folder, 'kit'), options.kit) };
  for (const [ref, change] of Object.entries(options.versions ?? {})) {
    kits[`${owner}@${ref}`] = copyKit(join(folder, `kit-${ref}`), `${owner}@${ref}`, change);
  }
  const application = join(folder, 'application');
  const commit = createApplication(application, options);
  const home = join(folder, 'home');
  mkdirSync(home);
  const localRepositories = { ...kits, ...options.standIns };
  let count = 0;
  return {
    commit,
    checkOut: (sha, branch = sha === 'main' ? 'main' : 'older') => {
      const words = branch === 'main' ? ['main'] : ['-B', branch, sha];
      execFileSync('git', ['checkout', '--quiet', ...words], { cwd: application });
    },
    run: ({ event, workflow, inputs = {}, variables = {}, payload, cancelled }) => {
      const results = join(folder, `results-${++count}`);
      mkdirSync(results);
      const write = (name: string, text: string): string => {
        const path = join(folder, `${name}-${count}`);
        writeFileSync(path, text, { mode: 0o600 });
        return path;
      };
      return runAct(
        [
          event,
          ...['--directory', application],
          ...['--workflows', join(application, '.github/workflows', workflow)],
          ...['--platform', 'ubuntu-latest=-self-hosted'],
          ...Object.entries(localRepositories).flatMap(([name, path]) => [
            '--local-repository',
            `${name}=${path}`,
          ]),
          ...['--env-file', write('environment', asLines({ ...options.environment, RESULTS: results }))],
          ...['--var-file', write('variables', asLines({ ...options.variables, ...variables }))],
          ...['--secret-file', write('secrets', asLines(options.secrets))],
          ...Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
          ...(payload === undefined ? [] : ['--eventpath', write('event', JSON.stringify(payload))]),
          '--no-cache-server',
        ],
        home,
        results,
        options.deadlineMs,
        cancelled,
      );
    },
  };
}

/**
 * `$/` names the repository of the running workflow or action; act does not know it, so the copy names itself. Nor
 * does act know `queue` or environments without a deployment, or do anything about concurrency, or let GitHub be
 * elsewhere. Answers with the folder.
 */
function copyKit(kit: string, name: string, change = (text: string): string => text): string {
  const [repository, ref] = name.split('@');
  for (const part of ['actions', 'dist']) cpSync(join(root, part), join(kit, part), { recursive: true });
  for (const path of globSync(['action.yml', '.github/workflows/*.yml'], { cwd: root })) {
    const text = readFileSync(join(root, path), 'utf8')
      .replaceAll(/uses: \$\/(\S+)/g, `uses: ${repository}/$1@${ref}`)
      .replace(/^ {2}queue: max\n/m, '')
      .replace(/^ {6}deployment: .*\n/gm, '')
      .replaceAll('$GITHUB_API_URL', '$LAB_GITHUB_API_URL');
    mkdirSync(dirname(join(kit, path)), { recursive: true });
    writeFileSync(join(kit, path), path === 'action.yml' ? text : change(text));
  }
  return kit;
}

/** The example as its users have it, a repository with one commit. Answers with what makes further ones. */
function createApplication(application: string, options: WorkbenchOptions): Workbench['commit'] {
  cpSync(join(root, 'examples/ips-data-acquisition-api'), application, { recursive: true });
  rmSync(join(application, '.github'), { recursive: true });
  mkdirSync(join(application, '.github/workflows'), { recursive: true });
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...words], {
      cwd: application,
      encoding: 'utf8',
    });
  const commit: Workbench['commit'] = (message, files = {}) => {
    for (const [path, text] of Object.entries(files)) writeFileSync(join(application, path), text);
    git('add', '.');
    git('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD').trim();
  };
  git('init', '--quiet', '--initial-branch', 'main');
  git('remote', 'add', 'origin', 'https://github.com/acme/ips-data-acquisition-api.git');
  const workflows = Object.entries(options.workflows).map(([name, text]) => [
    `.github/workflows/${name}`,
    text,
  ]);
  commit('First version', { ...Object.fromEntries(workflows), ...options.files });
  return commit;
}

function asLines(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** `programs`: folders of programs that stand before those of the machine. */
export function runAct(
  words: readonly string[],
  home: string,
  results: string,
  deadlineMs: number,
  cancelled?: AbortSignal,
  programs: readonly string[] = [],
): Promise<WorkflowRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('act', words, {
      // GitHub's runner brings its own Node 24; act takes the first one it finds.
      env: {
        PATH: [...programs, dirname(process.execPath), process.env['PATH']].join(delimiter),
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
    cancelled?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(deadline);
      resolve({ exitCode: code ?? 137, log, results });
    });
  });
}

/** A JSON file that a step wrote into RESULTS; undefined where it wrote none. */
export function resultOf(run: WorkflowRun, name: string): unknown {
  const path = join(run.results, name);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
