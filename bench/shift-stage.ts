/** A standing lab with the guide's service on ECS and real users on its listener, for one shift of the committed bundle. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeListenersCommand,
  DescribeRulesCommand,
  ModifyListenerCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { type LoadCounts, LoadGenerator, type LoadTotals } from '../src/lab/dataplane/load/load-generator.ts';
import { names, targetGroupNames } from '../src/lab/journey/stage.ts';
import { userRoutes } from '../src/lab/journey/users.ts';
import { createRng } from '../src/lab/world/random.ts';
import {
  cluster,
  Job,
  type StepSettings,
  service,
  type TimedStep,
  type Words,
} from '../test/e2e/bundles/job.ts';

export interface StageSettings {
  readonly seed: number;
  readonly scale: number;
  /** Real requests a second. */
  readonly rate: number;
  /** How blue behaves, as the example's README spells it. */
  readonly blue: string;
  readonly green: string;
  /** Minutes of the region's time that blue serves its users before the shift: what it is compared with. */
  readonly warmMinutes: number;
}

export interface WeightsWritten {
  /** Milliseconds of the region's time. */
  readonly at: number;
  /** Percent. */
  readonly green: number;
}

export interface Seen {
  readonly step: TimedStep;
  /** Of the users, from before the step to the end of what was under way. */
  readonly load: LoadTotals;
  /** The same by real second: where this machine stood still, it shows. */
  readonly seconds: readonly LoadCounts[];
  /** Every time anybody changed the listener's weights. */
  readonly written: readonly WeightsWritten[];
  /** Percent of green at the end. */
  readonly greenShare: number;
  readonly testRules: number;
}

export class ShiftStage {
  readonly job: Job;
  readonly settings: StageSettings;
  readonly #groups: { readonly blue: string; readonly green: string };
  readonly #greenImage: string;
  readonly #greenFile: string;

  private constructor(
    job: Job,
    settings: StageSettings,
    groups: { readonly blue: string; readonly green: string },
    green: { readonly image: string; readonly file: string },
  ) {
    this.job = job;
    this.settings = settings;
    this.#groups = groups;
    this.#greenImage = green.image;
    this.#greenFile = green.file;
  }

  static async open(settings: StageSettings): Promise<ShiftStage> {
    const job = await Job.open([
      '--scale',
      String(settings.scale),
      '--seed',
      String(settings.seed),
      '--task-start',
      '30-120',
    ]);
    try {
      const blue = await job.render(await job.build('1.0.0', settings.blue));
      const image = await job.build('2.0.0', settings.green);
      const file = await job.render(image);
      await job.createService(blue, 3);
      await job.untilSteady(60_000);
      const groups = {
        blue: await job.targetGroupArn(targetGroupNames.a),
        green: await job.targetGroupArn(targetGroupNames.b),
      };
      const stage = new ShiftStage(job, settings, groups, { image, file });
      await stage.writeWeights(100);
      return stage;
    } catch (error) {
      await job.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.job.close();
  }

  get #listenerArn(): string {
    return this.job.variable('LAB_LISTENER_ARN');
  }

  /** As a hand does it: blue has this share, green the rest. */
  async writeWeights(blue: number): Promise<void> {
    await this.job.elb.send(
      new ModifyListenerCommand({
        ListenerArn: this.#listenerArn,
        DefaultActions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: this.#groups.blue, Weight: blue },
                { TargetGroupArn: this.#groups.green, Weight: 100 - blue },
              ],
            },
          },
        ],
      }),
    );
  }

  inputs(more: Words): Words {
    return {
      'listener-arn': this.#listenerArn,
      'blue-target-group': targetGroupNames.a,
      'green-target-group': targetGroupNames.b,
      cluster,
      'blue-service': service,
      'green-service': names.serviceB,
      'task-definition': this.#greenFile,
      steps: '10,50,100',
      'bake-time': '5m,2m,2m',
      'probe-url': this.job.variable('LAB_LISTENER_URL'),
      'probe-paths': '/health,/api/v1/sessions',
      ...more,
    };
  }

  /** As a kernel that kills: every task of green is gone at once. */
  killGreen(): void {
    const digest = this.#greenImage.split('@sha256:')[1]!;
    for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        if (readFileSync(`/proc/${pid}/environ`, 'latin1').includes(digest))
          process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended already, or belongs to somebody else.
      }
    }
  }

  /** One shift under the load of its users. */
  async shift(more: Words, settings: StepSettings = {}): Promise<Seen> {
    const since = (await this.job.state()).now;
    const seconds: LoadCounts[] = [];
    const load = new LoadGenerator({
      target: () => ({
        host: '127.0.0.1',
        port: Number(new URL(this.job.variable('LAB_LISTENER_URL')).port),
      }),
      // Nobody at all is no rate that it takes: so few that none is ever due.
      requestsPerSecond: Math.max(this.settings.rate, Number.MIN_VALUE),
      routes: userRoutes,
      random: createRng(this.settings.seed, 'users').next,
      onSecond: (counts) => seconds.push(counts),
    });
    load.start();
    await sleep((this.settings.warmMinutes * 60_000) / this.settings.scale);
    let step: TimedStep;
    let totals: LoadTotals;
    try {
      step = await this.job.step('blue-green-shift', this.inputs(more), { deadlineMs: 300_000, ...settings });
    } finally {
      totals = await load.stop();
    }
    const greenShare = await this.#greenShare();
    const { Rules } = await this.job.elb.send(new DescribeRulesCommand({ ListenerArn: this.#listenerArn }));
    return {
      step,
      load: totals,
      seconds,
      written: await this.#written(since),
      greenShare,
      testRules: Rules!.filter((rule) => rule.IsDefault !== true).length,
    };
  }

  async #greenShare(): Promise<number> {
    const { Listeners } = await this.job.elb.send(
      new DescribeListenersCommand({ ListenerArns: [this.#listenerArn] }),
    );
    return this.#shareOf(Listeners![0]!.DefaultActions![0]!.ForwardConfig!.TargetGroups!);
  }

  #shareOf(
    groups: readonly { readonly TargetGroupArn?: string | undefined; readonly Weight?: number | undefined }[],
  ): number {
    const sum = groups.reduce((all, group) => all + (group.Weight ?? 0), 0);
    const green = groups.find((group) => group.TargetGroupArn === this.#groups.green)?.Weight ?? 0;
    return sum === 0 ? 0 : (100 * green) / sum;
  }

  async #written(since: number): Promise<readonly WeightsWritten[]> {
    const entries = (await this.job.journal(since)).filter(
      (entry) => entry.kind === 'elbv2.listener-modified',
    );
    return entries.map((entry) => {
      const { actions } = entry.detail as { actions: string };
      const weight = (name: string): number => Number(new RegExp(` ${name}=(\\d+)`).exec(actions)?.[1] ?? 0);
      const blue = weight(targetGroupNames.a);
      const green = weight(targetGroupNames.b);
      return { at: entry.at, green: (100 * green) / (blue + green) };
    });
  }
}
