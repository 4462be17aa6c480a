/**
 * A team that uses the workflows: its repository, the kit as it finds it, and its region. Runs workflows and fails
 * with their log where they end otherwise than expected.
 */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type RunRequest, resultOf, setUpWorkbench, type Workbench } from '../../support/act.ts';
import { type GuideState, readGuideState } from '../../support/guide-service.ts';
import { root } from '../../support/source-files.ts';
import {
  createRole,
  type GuideRegion,
  openGuideRegion,
  productionSubject,
  repository,
  type Stand,
} from './region.ts';

export const runDeadlineMs = 90_000;

export interface Ended {
  readonly log: string;
  /** What the caller's last job found as outputs of the called workflow, where it tells them. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface Team {
  readonly guide: GuideRegion;
  readonly workbench: Workbench;
  run(request: RunRequest, exitCode: 0 | 1): Promise<Ended>;
  state(): Promise<GuideState>;
  /** A commit of the application that GitHub knows, too; its sha. */
  commit: Workbench['commit'];
  /** Names of the sessions of AWS roles since the last look, in order. */
  sessions(): readonly string[];
  /** Whether a text that tried to be a command became one in any run. */
  injected(): readonly string[];
  close(): Promise<void>;
}

export interface TeamOptions {
  /** Text by file name, of the application's `.github/workflows`. */
  readonly workflows: Readonly<Record<string, string>>;
  /** Further versions of the kit by their ref: what becomes of the text of each of its workflows. */
  readonly versions?: Readonly<Record<string, (text: string) => string>>;
  /** Where the traffic is at first. */
  readonly stand?: Stand;
  /** What the team makes before its first workflow. */
  readonly prepare?: (guide: GuideRegion) => Promise<Prepared>;
}

export interface Prepared {
  /** Of its repository. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Of every job. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Files of its repository. */
  readonly files?: Readonly<Record<string, string>>;
}

export const starter = (name: string): string => readFileSync(join(root, 'workflows', name), 'utf8');
export const caller = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

/** The same workflow with one more job, that tells what `job` has for its caller. */
export function tellingOutputs(workflow: string, job: string): string {
  return `${workflow}  outputs:
    runs-on: ubuntu-latest
    needs: ${job}
    if: always()
    permissions: {}
    steps:
      - env:
          OUTPUTS: \${{ toJSON(needs.${job}.outputs) }}
        run: printf '%s' "$OUTPUTS" > "$RESULTS/outputs.json"
`;
}

export async function setUpTeam({ workflows, versions = {}, stand, prepare }: TeamOptions): Promise<Team> {
  const folder = mkdtempSync(join(tmpdir(), 'ips-workflows-'));
  const guide = await openGuideRegion((line) => console.error(line), stand);
  let prepared: Prepared = {};
  try {
    prepared = (await prepare?.(guide)) ?? {};
  } catch (error) {
    await guide.region.close();
    throw error;
  }
  // act has its own idea of where GitHub is, and does not let a job's environment say otherwise.
  const github = join(folder, 'github.cjs');
  writeFileSync(github, 'process.env.GITHUB_API_URL = process.env.LAB_GITHUB_API_URL;\n');
  const workbench = setUpWorkbench({
    folder,
    kit: 'org/ips-deploy-actions@v1',
    versions,
    standIns: standIns(),
    workflows,
    files: { ...applicationFiles(guide), ...prepared.files },
    environment: {
      ...guide.environment,
      ...prepared.environment,
      NODE_OPTIONS: `--require=${join(root, 'src/lab/clock/preload.cjs')} --require=${github}`,
    },
    variables: { ...guide.variables, ...prepared.variables },
    secrets: {
      GITHUB_TOKEN: guide.token,
      DEPLOY_ACCESS_KEY_ID: guide.region.stage.accessKeyId,
      DEPLOY_SECRET_ACCESS_KEY: guide.region.stage.secretAccessKey,
    },
    deadlineMs: runDeadlineMs,
  });
  let last: readonly string[] = [];
  let looked = 0;
  const roles = new Map<string, string>();
  /** Each reusable workflow has the policy that docs/iam has for it, and no other. */
  const roleFor = (file: string): Readonly<Record<string, string>> => {
    const called = /uses: org\/[\w-]+\/\.github\/workflows\/([\w-]+)\.yml@/.exec(workflows[file] ?? '')?.[1];
    if (called === undefined || called === 'pr-check' || 'DEPLOY_ROLE_ARN' in (prepared.variables ?? {}))
      return {};
    const role = roles.get(called) ?? createRole(guide.region, called, productionSubject);
    roles.set(called, role);
    return { DEPLOY_ROLE_ARN: role };
  };
  return {
    guide,
    workbench,
    run: async (request, exitCode) => {
      const ended = await workbench.run({ variables: roleFor(request.workflow), ...request });
      if (ended.exitCode !== exitCode) throw new Error(`act ended with ${ended.exitCode}:\n${ended.log}`);
      return { log: ended.log, outputs: (resultOf(ended, 'outputs.json') ?? {}) as Ended['outputs'] };
    },
    state: () => readGuideState(guide.admin),
    commit: (message, files) => {
      const sha = workbench.commit(message, files);
      const { world } = guide.region.lab;
      const { commits } = world.github.repository(repository);
      commits.set(sha, { sha, parents: last, message, authoredAtMs: world.kernel.now, files: [] });
      last = [sha];
      return sha;
    },
    sessions: () => {
      const { journal } = guide.region.lab.world.kernel;
      const since = journal.slice(looked);
      looked = journal.length;
      return since
        .filter(({ kind }) => kind === 'sts.session')
        .map(({ subject }) => subject.split('/').at(-1)!);
    },
    injected: () => globSync(join(folder, 'results-*/injected')),
    close: async () => {
      await guide.region.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every action of somebody else in the reusable workflows, by the commit that they name. */
function standIns(): Readonly<Record<string, string>> {
  const uses = globSync(join(root, '.github/workflows/*.yml')).flatMap((path) => {
    const { on, jobs } = parse(readFileSync(path, 'utf8')) as {
      on: Readonly<Record<string, unknown>>;
      jobs: Readonly<Record<string, { steps?: readonly { uses?: string }[] }>>;
    };
    if (!('workflow_call' in on)) return [];
    return Object.values(jobs).flatMap((job) => (job.steps ?? []).flatMap((step) => step.uses ?? []));
  });
  const others = [...new Set(uses)].filter((use) => !/^(\$\/|actions\/checkout@)/.test(use));
  return Object.fromEntries(
    others.map((use) => {
      const [, name = ''] = /^[\w-]+\/([\w-]+)@/.exec(use) ?? [];
      const folder = join(import.meta.dirname, 'stand-ins', name);
      return [use, existsSync(folder) ? folder : join(import.meta.dirname, 'stand-ins', 'nothing')];
    }),
  );
}

/** The example's own, with the names that the region has. */
export function applicationFiles({ admin, secretArn }: GuideRegion): Readonly<Record<string, string>> {
  const example = join(root, 'examples/ips-data-acquisition-api');
  const read = (name: string): string => readFileSync(join(example, name), 'utf8');
  return {
    Dockerfile: read('Dockerfile').replace(/^ARG BASE=.*$/m, `ARG BASE=${admin['LAB_REGISTRY']}/lab/node:24`),
    'task-definition.json': read('task-definition.json').replace(
      /arn:aws:secretsmanager:region:account-id:secret:([a-z-]+)/g,
      (_, name: string) => secretArn(`ips/${name}`),
    ),
  };
}
