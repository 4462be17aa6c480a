/** Shifts whose caller has one policy and nothing else: what they tell, what they call, what was denied. */
import { createAnnouncer } from '../../../src/announce/announcer.ts';
import { topic } from '../../../src/announce/topic.ts';
import type { AwsCaller } from '../../../src/aws/caller.ts';
import type { AwsOperation } from '../../../src/aws/operations.ts';
import type { ActionResult } from '../../../src/engine/action.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import { instructionsOf } from '../../../src/report/report.ts';
import { createGitHubApi } from '../../../src/runner/github-api.ts';
import type { Policy } from '../../support/policies.ts';
import { beginShift, cluster, postStep, type Region, type RunOptions, shift } from './region.ts';

export interface Played {
  /** Of each run: outcome, cause, sentence and what a person has to do. */
  readonly ends: readonly (readonly string[])[];
  /** Every warning and every end, as a person reads them. */
  readonly told: string;
  readonly calls: ReadonlySet<AwsOperation>;
  readonly denied: readonly string[];
  /** How many calls it took. */
  readonly size: number;
}

/** One who shifts: as the account's root, or with a policy that is enforced. */
export class Caller {
  readonly #policy: Policy | undefined;
  readonly #ends: string[][] = [];
  readonly #told: string[] = [];
  readonly #calls = new Set<AwsOperation>();
  readonly #denied: string[] = [];
  #size = 0;

  constructor(policy: Policy | undefined) {
    this.#policy = policy;
  }

  /** From now on the region is asked in the name of this caller. */
  enter(region: Region): void {
    if (this.#policy === undefined) return;
    const { arn } = region.world.iam.addUser({ name: 'deployer', policies: { deploy: this.#policy } });
    region.caller = { kind: 'user', arn, name: 'deployer' };
  }

  async run(
    region: Region,
    inputs: Readonly<Record<string, string>> = {},
    options: RunOptions = {},
  ): Promise<ActionResult> {
    return this.#ended(region, await shift(region, inputs, this.#watched(options)));
  }

  /** The runner dies: no end is told. */
  async dies(
    region: Region,
    inputs: Readonly<Record<string, string>>,
    options: RunOptions,
    death: new () => Error,
  ): Promise<void> {
    const why = await shift(region, inputs, this.#watched(options)).then(
      (result) => this.#ended(region, result),
      (error: unknown) => error,
    );
    if (why instanceof Error && !(why instanceof death)) throw why;
  }

  async post(region: Region, inputs: Readonly<Record<string, string>> = {}): Promise<void> {
    const result = await postStep(region, inputs, this.#watched({}));
    if (result !== undefined) this.#ended(region, result);
  }

  /** A run that tells a topic what it does. */
  async announced(region: Region, topicArn: string): Promise<void> {
    const { world, time, log } = region;
    const github = createGitHubApi({
      apiUrl: '',
      repository: 'o/r',
      token: undefined,
      clock: time,
      send: async () => {
        throw new Error('Nothing of GitHub is asked for.');
      },
    });
    const announcer = createAnnouncer(
      {
        githubToken: undefined,
        deployment: undefined,
        gitTag: undefined,
        issueOnRollback: false,
        topic: topicArn,
        webhook: undefined,
      },
      { action: 'blue-green-shift', cluster, services: ['api-green'], listener: region.listenerArn },
      {
        runner: {
          info: () => undefined,
          debug: () => undefined,
          annotate: (level, message) => void log.push(`${level}: ${message}`),
          group: () => undefined,
          setOutput: () => undefined,
          saveState: () => undefined,
          state: () => '',
          summary: () => undefined,
          mask: () => undefined,
          cancelled: region.cancel.signal,
        },
        clock: time,
        context: {
          repository: 'o/r',
          sha: '0'.repeat(40),
          ref: 'refs/heads/main',
          runId: '1',
          runAttempt: '1',
          job: 'deploy',
          actor: 'someone',
          serverUrl: 'https://github.com',
          apiUrl: '',
          workspace: '',
          tempDir: '',
        },
        docsBase: undefined,
        redact: (text) => text,
        receivers: [
          {
            name: 'the topic',
            deliver: topic(topicArn, {
              aws: this.#watch(createWorldCaller(world, time, region.caller)),
              clock: time,
              random: () => 0.5,
            }),
          },
        ],
        github: () => github,
        afterJob: false,
      },
    );
    const work = async (): Promise<ActionResult> => {
      announcer.begin();
      const result = await beginShift(region, {}, this.#watched({ onEvent: announcer.onEvent }));
      await announcer.end({ kind: 'result', result });
      return result;
    };
    this.#ended(region, await time.run(work()));
  }

  played(): Played {
    return {
      ends: this.#ends,
      told: this.#told.join('\n'),
      calls: this.#calls,
      denied: this.#denied,
      size: this.#size,
    };
  }

  #ended(region: Region, result: ActionResult): ActionResult {
    const { outputs, report } = result;
    const { sentence } = report;
    const remedy = instructionsOf(report);
    this.#ends.push([outputs['outcome'] ?? '', outputs['cause'] ?? '', sentence, remedy]);
    const warnings = report.events.filter((each) => each.level === 'warning' || each.level === 'error');
    this.#told.push(sentence, remedy, ...warnings.map((each) => each.message));
    this.#told.push(...region.log.filter((line) => /^(warning|error): /.test(line)));
    return result;
  }

  #watched(options: RunOptions): RunOptions {
    const { wrap = (aws) => aws } = options;
    return { ...options, wrap: (aws) => wrap(this.#watch(aws)) };
  }

  #watch(aws: AwsCaller): AwsCaller {
    return {
      call: async (operation, input, signal) => {
        this.#calls.add(operation);
        this.#size++;
        try {
          return await aws.call(operation, input, signal);
        } catch (error) {
          const { message } = error as Error;
          if (/not authorized|AccessDenied|UnauthorizedOperation/.test(message)) this.#denied.push(message);
          throw error;
        }
      },
    };
  }
}
