/**
 * A job on a standing lab: the committed bundles run as GitHub's runner runs them, in the lab's time, each
 * with the rights that docs/iam has for its action and no others. Beside it a hand with all rights, in real time, to set up and to look.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as ecs from '@aws-sdk/client-ecs';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { runStep, type StepResult } from '../../../src/lab/journey/action-runner.ts';
import { names, targetGroupNames } from '../../../src/lab/journey/stage.ts';
import { guideWords, policyOf } from '../../support/policies.ts';
import { root } from '../../support/source-files.ts';
import { type StandingLab, startStandingLab } from '../../support/standing-lab.ts';

export type Words = Readonly<Record<string, string>>;

export interface StepSettings {
  readonly environment?: Words;
  /** Told of each line as it comes; aborting or killing may begin here. */
  readonly onLine?: (line: string) => void;
  readonly cancelled?: AbortSignal;
  /** Real time; SIGKILL then. */
  readonly deadlineMs?: number;
  /** `lab`: the bundle lives in the lab's time. `real`: it does not, and its deadlines are the user's. */
  readonly clock?: 'lab' | 'real';
  /** A permission that the step does not have: the rest of its policy in docs/iam it has. */
  readonly without?: string;
  /** Other words for its policy: a second repository, say. */
  readonly policyWords?: Words;
}

export interface TimedStep extends StepResult {
  /** Real milliseconds from the start of the process to its end. */
  readonly tookMs: number;
}

export interface JournalEntry {
  readonly at: number;
  readonly kind: string;
  readonly subject: string;
  readonly detail?: unknown;
}

export const example = join(root, 'examples', 'ips-data-acquisition-api');
export const { cluster, service } = names;

/** What stands for the words of docs/iam in the lab. */

/** The deploy user's calls only: what the test itself asks is not disturbed. */
export const theJob = { principal: '*user/ips-deploy' } as const;

export class Job {
  readonly lab: StandingLab;
  /** Everything of this job is below it; also how its processes are known. */
  readonly folder: string;
  readonly ecs: ecs.ECSClient;
  readonly elb: elb.ElasticLoadBalancingV2Client;
  readonly #iam: IAMClient;
  /** All that users could see of all steps so far. */
  readonly shown: string[] = [];
  #steps = 0;

  private constructor(lab: StandingLab) {
    this.lab = lab;
    this.folder = mkdtempSync(join(tmpdir(), 'ips-job-'));
    const settings = {
      endpoint: this.variable('AWS_ENDPOINT_URL'),
      region: this.variable('AWS_REGION'),
      credentials: {
        accessKeyId: this.variable('AWS_ACCESS_KEY_ID'),
        secretAccessKey: this.variable('AWS_SECRET_ACCESS_KEY'),
      },
    };
    this.ecs = new ecs.ECSClient(settings);
    this.elb = new elb.ElasticLoadBalancingV2Client(settings);
    this.#iam = new IAMClient(settings);
  }

  static async open(flags: readonly string[] = []): Promise<Job> {
    return new Job(await startStandingLab(flags));
  }

  variable(name: string): string {
    const value = this.lab.variables[name];
    if (value === undefined) throw new Error(`The lab did not print ${name}.`);
    return value;
  }

  async close(): Promise<void> {
    this.ecs.destroy();
    this.elb.destroy();
    this.#iam.destroy();
    await this.lab.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async step(action: string, inputs: Words, settings: StepSettings = {}): Promise<TimedStep> {
    const runnerTemp = join(this.folder, 'runner-temp');
    mkdirSync(runnerTemp, { recursive: true });
    await this.#iam.send(
      new PutUserPolicyCommand({
        UserName: names.deployUser,
        PolicyName: 'deploy',
        PolicyDocument: JSON.stringify(
          policyOf(action, { ...guideWords, ...settings.policyWords }, settings.without),
        ),
      }),
    );
    const folder = join(this.folder, `step-${++this.#steps}`);
    const begin = performance.now();
    const result = await runStep({
      actionFile: join(root, 'actions', action, 'action.yml'),
      inputs,
      environment: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.folder,
        CI: 'true',
        NODE_NO_WARNINGS: '1',
        GITHUB_ACTIONS: 'true',
        GITHUB_ACTION: action,
        GITHUB_WORKSPACE: root,
        GITHUB_REPOSITORY: 'acme/ips-data-acquisition-api',
        // Each build is of a commit of its own, as long as a test does not say otherwise.
        GITHUB_SHA: createHash('sha1')
          .update(inputs['tags'] ?? '')
          .digest('hex'),
        GITHUB_REF: 'refs/heads/main',
        GITHUB_RUN_ID: '101',
        GITHUB_RUN_ATTEMPT: String(this.#steps),
        RUNNER_TEMP: runnerTemp,
        AWS_ENDPOINT_URL: this.variable('AWS_ENDPOINT_URL'),
        AWS_REGION: this.variable('AWS_REGION'),
        AWS_ACCESS_KEY_ID: this.variable('LAB_DEPLOY_ACCESS_KEY_ID'),
        AWS_SECRET_ACCESS_KEY: this.variable('LAB_DEPLOY_SECRET_ACCESS_KEY'),
        ...(settings.clock === 'real'
          ? {}
          : {
              LAB_CLOCK: this.variable('LAB_CLOCK'),
              NODE_OPTIONS: `--require ${JSON.stringify(join(root, 'dist/lab/preload.cjs'))}`,
            }),
        ...settings.environment,
      },
      folder,
      workingDirectory: root,
      onLine: settings.onLine ?? (() => undefined),
      ...(settings.cancelled === undefined ? {} : { cancelled: settings.cancelled }),
      deadlineMs: settings.deadlineMs ?? 60_000,
    });
    const tookMs = performance.now() - begin;
    this.shown.push(
      result.log.join('\n'),
      JSON.stringify(result.outputs),
      result.summaryMarkdown,
      JSON.stringify(result.annotations),
    );
    return { ...result, tookMs };
  }

  /** Inputs of build-push-ecr for a version of the example. */
  buildInputs(version: string, behaviour = 'good', more: Words = {}): Words {
    return {
      repository: names.repository,
      registry: this.variable('LAB_REGISTRY'),
      context: example,
      tags: version,
      builder: 'static',
      'create-repository': 'true',
      'build-args': `BASE=${this.variable('LAB_REGISTRY')}/lab/node:24\nVERSION=${version}\nBEHAVIOUR=${behaviour}`,
      ...more,
    };
  }

  async build(version: string, behaviour = 'good'): Promise<string> {
    const built = await this.step('build-push-ecr', this.buildInputs(version, behaviour));
    if (built.exitCode !== 0) throw new Error(built.log.join('\n'));
    return built.outputs['image']!;
  }

  renderInputs(image: string, more: Words = {}): Words {
    return {
      'task-definition': join(example, 'task-definition.json'),
      image,
      secrets: 'ConnectionStrings__Default=ips/db-connection\nJwtSettings__SecretKey=ips/jwt-secret',
      ...more,
    };
  }

  /** A task definition file of the example with this image. */
  async render(image: string, more: Words = {}): Promise<string> {
    const output = join(this.folder, `definition-${this.#steps}.json`);
    const rendered = await this.step('render-task-def', this.renderInputs(image, { output, ...more }));
    if (rendered.exitCode !== 0) throw new Error(rendered.log.join('\n'));
    return output;
  }

  /** A variant of a definition file, changed by hand. */
  variant(file: string, name: string, change: (definition: Definition) => void): string {
    const definition = JSON.parse(readFileSync(file, 'utf8')) as Definition;
    change(definition);
    const path = join(this.folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(definition));
    return path;
  }

  async targetGroupArn(name: string): Promise<string> {
    const { TargetGroups } = await this.elb.send(new elb.DescribeTargetGroupsCommand({ Names: [name] }));
    return TargetGroups![0]!.TargetGroupArn!;
  }

  /** The guide's service, in the target group of service A. */
  async createService(file: string, desiredCount: number): Promise<void> {
    const definition = JSON.parse(readFileSync(file, 'utf8')) as ecs.RegisterTaskDefinitionCommandInput;
    const { taskDefinition } = await this.ecs.send(new ecs.RegisterTaskDefinitionCommand(definition));
    await this.ecs.send(
      new ecs.CreateServiceCommand({
        cluster,
        serviceName: service,
        taskDefinition: taskDefinition!.taskDefinitionArn,
        desiredCount,
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: ['subnet-0a000000000000001', 'subnet-0b000000000000002'],
            securityGroups: ['sg-0a1b000000000002'],
            assignPublicIp: 'ENABLED',
          },
        },
        loadBalancers: [
          {
            targetGroupArn: await this.targetGroupArn(targetGroupNames.a),
            containerName: names.container,
            containerPort: 5000,
          },
        ],
        healthCheckGracePeriodSeconds: 60,
        deploymentConfiguration: {
          maximumPercent: 200,
          minimumHealthyPercent: 100,
          deploymentCircuitBreaker: { enable: true, rollback: true },
        },
      }),
    );
  }

  async readService(): Promise<ecs.Service> {
    const { services } = await this.ecs.send(
      new ecs.DescribeServicesCommand({ cluster, services: [service] }),
    );
    return services![0]!;
  }

  /** One deployment, all its tasks running: `file:revision` of it. */
  async untilSteady(deadlineMs = 30_000): Promise<string> {
    const until = performance.now() + deadlineMs;
    for (;;) {
      const { deployments, desiredCount, runningCount } = await this.readService();
      if (
        deployments?.length === 1 &&
        deployments[0]!.rolloutState === 'COMPLETED' &&
        desiredCount === runningCount
      )
        return revisionName(deployments[0]!.taskDefinition);
      if (performance.now() > until) throw new Error(`Not steady: ${JSON.stringify(deployments)}`);
      await sleep(50);
    }
  }

  /** Replaces the faults; none at all without arguments. Times in the script count from now. */
  async faults(rules: readonly object[] = [], events: readonly object[] = []): Promise<void> {
    const answer = await fetch(`${this.variable('AWS_ENDPOINT_URL')}/_lab/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rules, events }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  async state(): Promise<{ readonly now: number; readonly calls: Readonly<Record<string, number>> }> {
    const answer = await fetch(`${this.variable('AWS_ENDPOINT_URL')}/_lab/state`);
    return (await answer.json()) as { now: number; calls: Record<string, number> };
  }

  async journal(since = 0): Promise<readonly JournalEntry[]> {
    const answer = await fetch(`${this.variable('AWS_ENDPOINT_URL')}/_lab/journal?since=${since}`);
    return (await answer.json()) as JournalEntry[];
  }

  /** Values of the lab that no output, log, summary or annotation may hold. */
  secrets(): readonly string[] {
    return [
      'lab-only-password',
      'lab-only-jwt-signing-key',
      this.variable('LAB_DEPLOY_SECRET_ACCESS_KEY'),
      this.variable('AWS_SECRET_ACCESS_KEY'),
    ];
  }

  /** Processes of this job's steps: those that inherited its folder. Linux only. */
  processes(script = ''): readonly number[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
      .filter((pid) => {
        try {
          return (
            readFileSync(`/proc/${pid}/environ`, 'latin1').includes(this.folder) &&
            readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(script)
          );
        } catch {
          return false;
        }
      })
      .map(Number);
  }

  /** As a runner that dies: no signal can be caught. */
  kill(action: string): void {
    for (const pid of this.processes(`dist/${action}/index.js`)) process.kill(pid, 'SIGKILL');
  }

  async untilNoProcess(deadlineMs = 10_000): Promise<readonly number[]> {
    const until = performance.now() + deadlineMs;
    while (this.processes().length > 0 && performance.now() < until) await sleep(50);
    return this.processes();
  }
}

export interface Definition {
  family: string;
  containerDefinitions: {
    image: string;
    environment?: { name: string; value: string }[];
    secrets?: { name: string; valueFrom: string }[];
    healthCheck?: { interval: number };
  }[];
}

/** `family:revision` */
export function revisionName(arn: string | undefined): string {
  return arn?.split('/').at(-1) ?? '';
}

/** The error annotation: what the user sees first. */
export function explanation(step: StepResult): string {
  return step.annotations
    .filter((annotation) => annotation.level === 'error')
    .map((annotation) => annotation.message)
    .join(' ');
}

/** Aborts `after` the first line that matches. */
export function cancelAt(sign: RegExp): {
  readonly cancelled: AbortSignal;
  readonly onLine: (line: string) => void;
  /** Real time of the signal, as `performance.now` tells it. */
  readonly at: () => number;
} {
  const controller = new AbortController();
  let at = Number.NaN;
  return {
    cancelled: controller.signal,
    onLine: (line) => {
      if (controller.signal.aborted || !sign.test(line)) return;
      at = performance.now();
      controller.abort();
    },
    at: () => at,
  };
}
