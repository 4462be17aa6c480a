/**
 * One rollout at a time on a standing lab, by this kit or by a client as it is published, measured from the lab's
 * own journal: what the benches of rollouts are made of.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RegisterTaskDefinitionCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import {
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { cluster, Job, type JournalEntry, service, type TimedStep } from '../test/e2e/bundles/job.ts';
import { aroundIt, type RolloutShape, taskCount } from './rollout-shape.ts';

export interface Run {
  /** Region's milliseconds from the fact in the world to the verdict in the log, and to the exit. */
  readonly verdictLagMs: number;
  readonly exitLagMs: number;
  /** From the beginning of the service deployment to the fact. */
  readonly lengthMs: number;
  readonly calls: number;
  readonly exitCode: number;
}

export interface CrashRun extends Run {
  /** From the first crash to its cause in the log. */
  readonly causeMs: number;
  /** From the rollback's beginning to its line in the log. */
  readonly announcedMs: number;
}

export interface Client {
  readonly command: string;
  /** Deploys the file by itself, or waits only for what a hand has begun. */
  readonly deploys: boolean;
  readonly parameters: () => readonly string[];
}

let marks = 0;

export const servicesStable: Client = {
  command: 'aws',
  deploys: false,
  parameters: () => ['ecs', 'wait', 'services-stable', '--cluster', cluster, '--services', service],
};

/** `behaviour` of the example: ecs-deploy changes the environment by itself. */
export const ecsDeploy = (behaviour: string): Client => ({
  command: 'ecs',
  deploys: true,
  parameters: () => [
    ...['deploy', cluster, service, '--timeout', '3600', '--no-deregister'],
    ...['-e', 'ips-api', 'MARK', `ecs-deploy-${++marks}`, '-e', 'ips-api', 'IPS_BEHAVIOUR', behaviour],
  ],
});

/** A lab with the guide's service in it, and what can be measured there. */
export class RolloutBench {
  readonly #job: Job;
  readonly #scale: number;
  readonly #good: string;
  #versions = 0;

  private constructor(job: Job, scale: number, good: string) {
    this.#job = job;
    this.#scale = scale;
    this.#good = good;
  }

  static async open(scale: number): Promise<RolloutBench> {
    const job = await Job.open(['--scale', String(scale)]);
    const rendered = await job.render(await job.build('1.0.0'));
    const good = job.variant(rendered, 'good', (definition) => {
      const { healthCheck } = definition.containerDefinitions![0]!;
      healthCheck!.interval = aroundIt.containerIntervalSeconds;
    });
    await job.createService(good, taskCount);
    await job.untilSteady(600_000);
    return new RolloutBench(job, scale, good);
  }

  close(): Promise<void> {
    return this.#job.close();
  }

  #now(): number {
    const [epochRealMs, epochVirtualMs] = this.#job.variable('LAB_CLOCK').split(':').map(Number);
    return epochVirtualMs! + (Date.now() - epochRealMs!) * this.#scale;
  }

  /** A definition file that no revision is equal to. */
  #version(behaviour: string): string {
    return this.#job.variant(this.#good, `version-${++this.#versions}`, (definition) => {
      definition.containerDefinitions[0]!.environment!.push(
        { name: 'MARK', value: String(this.#versions) },
        { name: 'IPS_BEHAVIOUR', value: behaviour },
      );
    });
  }

  /** A good version by rolling-deploy, which behaves like this. */
  async good(behaviour: string): Promise<Run> {
    const { step, ...run } = await this.#rolled(this.#version(behaviour), /^succeeded: /);
    const doneAt = await this.#stateOf(step, 'SUCCESSFUL');
    return this.#lags(run, await this.#stateOf(step, 'PENDING'), doneAt);
  }

  /** A version that crashes at its start, by rolling-deploy: ECS's circuit breaker takes it back. */
  async crash(): Promise<CrashRun> {
    const { step, ...run } = await this.#rolled(this.#version('crash-at-start'), /^error: .*rolled-back/);
    const journal = await this.#job.journal(run.beganAt);
    const first = journal.find(
      (entry) => detailOf(entry)['stopCode'] === 'EssentialContainerExited' && isOf(entry, step),
    )!.at;
    const back = await this.#stateOf(step, 'ROLLBACK_SUCCESSFUL');
    const began = await this.#stateOf(step, 'ROLLBACK_REQUESTED');
    await this.#job.untilSteady(120_000);
    const lags = this.#lags(run, await this.#stateOf(step, 'PENDING'), back);
    return { ...lags, causeMs: run.causeAt - first, announcedMs: run.announcedAt - began };
  }

  /**
   * One rollout by a client as it is published; on a scaled clock only its pauses are shortened. `end` is the state
   * of the service deployment that its exit is measured against.
   */
  async by(client: Client, behaviour: string, end: 'SUCCESSFUL' | 'ROLLBACK_SUCCESSFUL'): Promise<Run> {
    const patch = join(this.#job.folder, 'python');
    mkdirSync(patch, { recursive: true });
    writeFileSync(
      join(patch, 'sitecustomize.py'),
      `import time\n_sleep = time.sleep\ntime.sleep = lambda seconds: _sleep(seconds / ${this.#scale})\n`,
    );
    const beganAt = this.#now();
    if (!client.deploys) {
      const { taskDefinition } = await this.#job.ecs.send(
        new RegisterTaskDefinitionCommand(JSON.parse(readFileSync(this.#version(behaviour), 'utf8'))),
      );
      await this.#job.ecs.send(
        new UpdateServiceCommand({ cluster, service, taskDefinition: taskDefinition!.taskDefinitionArn }),
      );
    }
    const callsBefore = await this.#calls();
    const child = spawn(client.command, client.parameters(), {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        ...this.#job.lab.variables,
        PYTHONPATH: patch,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [exitCode] = (await once(child, 'close')) as [number];
    const exitAt = this.#now();
    const calls = (await this.#calls()) - callsBefore;
    // It may look at the very moment that ECS calls the deployment done, or give up before that.
    await this.#job.untilSteady(1_200_000);
    const states = (await this.#job.journal(beganAt)).filter(
      (entry) => entry.kind === 'ecs.service-deployment-state',
    );
    const at = (status: string): number => {
      const entry = states.find((each) => detailOf(each)['status'] === status);
      if (entry === undefined) throw new Error(`${client.command}: no deployment came to ${status}.`);
      return entry.at;
    };
    const lagMs = exitAt - at(end);
    const lengthMs = at(end) - at('PENDING');
    return { verdictLagMs: lagMs, exitLagMs: lagMs, lengthMs, calls, exitCode };
  }

  /** Registers and updates without waiting, on the real clock. */
  async begun(): Promise<{ readonly calls: number; readonly ms: number }> {
    const callsBefore = await this.#calls();
    const step = await this.#job.step(
      'rolling-deploy',
      { cluster, service, 'task-definition': this.#version('good'), wait: 'false' },
      { clock: 'real' },
    );
    if (step.outputs['outcome'] !== 'started') throw new Error(step.log.join('\n'));
    const calls = (await this.#calls()) - callsBefore;
    await this.#job.untilSteady(600_000);
    return { calls, ms: step.mainMs };
  }

  /** What the next rollouts are made long by; the slow start is in the version itself. */
  async shape({ rounds, deregistrationDelaySeconds }: RolloutShape): Promise<void> {
    const TargetGroupArn = await this.#job.targetGroupArn('ips-api-targets');
    await this.#job.elb.send(
      new ModifyTargetGroupCommand({
        TargetGroupArn,
        HealthCheckIntervalSeconds: aroundIt.healthCheckIntervalSeconds,
        HealthCheckTimeoutSeconds: aroundIt.healthCheckTimeoutSeconds,
        HealthyThresholdCount: aroundIt.healthyThresholdCount,
        UnhealthyThresholdCount: aroundIt.unhealthyThresholdCount,
      }),
    );
    const Value = String(deregistrationDelaySeconds);
    await this.#job.elb.send(
      new ModifyTargetGroupAttributesCommand({
        TargetGroupArn,
        Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value }],
      }),
    );
    await this.#job.ecs.send(
      new UpdateServiceCommand({
        cluster,
        service,
        healthCheckGracePeriodSeconds: aroundIt.healthCheckGracePeriodSeconds,
        deploymentConfiguration: {
          deploymentCircuitBreaker: { enable: true, rollback: true },
          minimumHealthyPercent: 100,
          maximumPercent: rounds === 1 ? 200 : 134,
        },
      }),
    );
  }

  /** One rolling-deploy; times are the region's. */
  async #rolled(file: string, verdict: RegExp): Promise<Rolled & { readonly step: TimedStep }> {
    const callsBefore = await this.#calls();
    const beganAt = this.#now();
    let causeAt = Number.NaN;
    let announcedAt = Number.NaN;
    let verdictAt = Number.NaN;
    const step = await this.#job.step(
      'rolling-deploy',
      { cluster, service, 'task-definition': file, timeout: '30m' },
      {
        onLine: (line) => {
          if (Number.isNaN(causeAt) && line.includes('exits by itself')) causeAt = this.#now();
          if (Number.isNaN(announcedAt) && line.includes('ECS rolls back')) announcedAt = this.#now();
          if (verdict.test(line)) verdictAt = this.#now();
        },
        deadlineMs: 2_000_000,
      },
    );
    const exitAt = this.#now();
    if (Number.isNaN(verdictAt)) throw new Error(step.log.join('\n'));
    const calls = (await this.#calls()) - callsBefore;
    return { step, beganAt, causeAt, announcedAt, verdictAt, exitAt, calls, exitCode: step.exitCode };
  }

  #lags(run: Rolled, begunAt: number, factAt: number): Run {
    return {
      verdictLagMs: run.verdictAt - factAt,
      exitLagMs: run.exitAt - factAt,
      lengthMs: factAt - begunAt,
      calls: run.calls,
      exitCode: run.exitCode,
    };
  }

  async #calls(): Promise<number> {
    const { calls } = await this.#job.state();
    // The bench itself gives the role its policy before each step.
    const { 'iam:PutUserPolicy': _ofBench, ...others } = calls;
    return Object.values(others).reduce((sum, count) => sum + count, 0);
  }

  /** When the step's service deployment came into this state in the world. */
  async #stateOf(step: TimedStep, status: string): Promise<number> {
    const arn = step.outputs['service-deployment-arn'];
    const entry = (await this.#job.journal()).find(
      (each) => each.subject === arn && detailOf(each)['status'] === status,
    );
    if (entry === undefined) throw new Error(`${arn} never came to ${status}.`);
    return entry.at;
  }
}

interface Rolled {
  readonly beganAt: number;
  readonly causeAt: number;
  readonly announcedAt: number;
  readonly verdictAt: number;
  readonly exitAt: number;
  readonly calls: number;
  readonly exitCode: number;
}

function detailOf(entry: JournalEntry): Readonly<Record<string, unknown>> {
  return (entry.detail ?? {}) as Record<string, unknown>;
}

function isOf(entry: JournalEntry, step: TimedStep): boolean {
  return detailOf(entry)['startedBy'] === step.outputs['deployment-id'];
}
