/**
 * The user's own tools in a story: a task in the VPC that probes green, and a check that is asked at the end of each
 * step. What they see is real: probes go through the test rule to green's applications.
 */
import { type AppModel, goodApp } from '../../../src/lab/world/sim/app-model.ts';
import type { ContainerSpec } from '../../../src/lab/world/substrate.ts';
import type { CheckResult, RunCheck } from '../../../src/shift/own-check.ts';
import type { OwnCheck, PreDeploy, ProbeTask } from './asks.ts';
import { proberFamily } from './place.ts';
import type { Region } from './region.ts';

const probesForMs = 20_000;
/** Of its probes more than this share may not fail, or it says no. */
const badAtMost = 0.5;

/** A task definition whose container is known by its image, and whose log can be read. */
export function registerProber({ world }: Region): void {
  const log = '/ecs/prober';
  world.must('logs', 'CreateLogGroup', { logGroupName: log });
  world.must('ecs', 'RegisterTaskDefinition', {
    family: proberFamily,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    containerDefinitions: [
      {
        name: proberFamily,
        image: proberFamily,
        essential: true,
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': log,
            'awslogs-region': 'ap-south-1',
            'awslogs-stream-prefix': 'probe',
          },
        },
      },
    ],
  });
}

export interface Tally {
  sent: number;
  bad: number;
  /** Bad ones that nobody was told of but by the exit code. */
  badUntold: number;
}

/** How the container of a probe task behaves. `counted`: what it says of its probes where that can be read. */
export function proberModel(
  kind: ProbeTask,
  { environment: env }: ContainerSpec,
  ask: Region['traffic'],
  counted: Tally,
): AppModel {
  let tally: Tally | undefined;
  const probe = (): Tally => {
    if (tally !== undefined) return tally;
    tally = { sent: 0, bad: 0, badUntold: 0 };
    const headers = { [env['IPS_DEPLOY_PROBE_HEADER'] ?? '']: env['IPS_DEPLOY_PROBE_VALUE'] ?? '' };
    const requests = (env['IPS_DEPLOY_PROBE_PATHS'] ?? '/')
      .split(' ')
      .map((path) => ({ path, headers, sourceIp: '10.0.1.1' }));
    for (let index = 0; index < Number(env['IPS_DEPLOY_PROBE_COUNT']); index++) {
      const answer = ask.ask(requests[index % requests.length]!);
      tally.sent++;
      if (answer.kind !== 'answered' || answer.status >= 500) tally.bad++;
    }
    if (kind === 'silent' || kind === 'log-denied') counted.badUntold += tally.bad;
    else {
      counted.sent += tally.sent;
      counted.bad += tally.bad;
    }
    return tally;
  };
  switch (kind) {
    case 'no-image':
      return { ...goodApp, startFailure: 'CannotPullContainerError: failed to resolve ref: image not found' };
    case 'hangs':
    case 'stop-denied':
      return goodApp;
    default:
      return {
        ...goodApp,
        crashAfterMs: probesForMs,
        get crashLog() {
          const { sent, bad } = probe();
          return kind === 'silent' ? ['done'] : [`ips-deploy-probes sent=${sent} bad=${bad}`];
        },
        get exitCode() {
          const { sent, bad } = probe();
          if (kind === 'says-no') return 3;
          return bad > badAtMost * sent || (kind === 'silent' && bad > 0) ? 1 : 0;
        },
      };
  }
}

export const migratesForMs = 20_000;

/** How the container of a one-off task before the shift behaves. */
export function migrationModel(kind: PreDeploy): AppModel {
  switch (kind) {
    case 'no-image':
      return { ...goodApp, startFailure: 'CannotPullContainerError: failed to resolve ref: image not found' };
    case 'hangs':
    case 'not-placed':
      return goodApp;
    case 'passes':
      return { ...goodApp, crashAfterMs: migratesForMs, exitCode: 0 };
    case 'fails':
      return { ...goodApp, crashAfterMs: migratesForMs, exitCode: 3 };
  }
}

/** What a check has said at a step. */
export interface CheckAnswer {
  readonly percent: number;
  readonly at: number;
  readonly said: CheckResult['kind'];
}

/** So often a check cannot tell, at each step. */
const cannotTellTimes = 2;

export function checkOfStory(check: OwnCheck, { time }: Region, answers: CheckAnswer[]): RunCheck {
  return async (asked, words, signal) => {
    const percent = Number(words['IPS_DEPLOY_STEP']);
    const since = Date.parse(words['IPS_DEPLOY_STEP_SINCE'] ?? '');
    await time.sleep(check.says === 'hangs' ? asked.timeoutMs : check.takesMs, signal);
    const before = answers.filter((each) => each.percent === percent && each.at >= since).length;
    const result = answerOf(check, percent, before, asked.timeoutMs);
    answers.push({ percent, at: time.now(), said: result.kind });
    return result;
  };
}

/** In the words of the real ones: exit codes of a command, statuses of a URL. */
function answerOf({ kind, says }: OwnCheck, percent: number, before: number, timeoutMs: number): CheckResult {
  const no = {
    kind: 'failed',
    detail: kind === 'url' ? 'HTTP 503' : 'exit code 3: checkout is broken',
  } as const;
  const unsure = { kind: 'inconclusive', detail: 'exit code 75' } as const;
  switch (says) {
    case 'yes':
      return { kind: 'passed' };
    case 'no':
      return no;
    case 'no-at-the-top':
      return percent === 100 ? no : { kind: 'passed' };
    case 'hangs': {
      const what = kind === 'url' ? 'no answer' : 'no end';
      return { kind: 'failed', detail: `${what} within ${timeoutMs / 1000} s` };
    }
    case 'cannot-tell':
      return unsure;
    case 'tells-later':
      return before < cannotTellTimes ? unsure : { kind: 'passed' };
  }
}
