/**
 * Follows one service deployment to its end, whoever started it: the verdict is on this deployment and on
 * no other. Gives up as told when it fails, takes too long, or the job is cancelled.
 */
import type { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { stopServiceDeployment } from '../aws/ecs-service-deployments.ts';
import { patient, withRetries } from '../aws/retry.ts';
import { runEngine } from '../engine/engine.ts';
import type { KitEvent } from '../report/event.ts';
import type { Clock } from '../runner/clock.ts';
import type { AlarmWatch } from './alarm-watch.ts';
import { decideFollow, type FollowAct } from './decide.ts';
import { type Diagnosis, gatherDiagnosis } from './diagnosis.ts';
import type { ExpectedRollout, RolloutFacts } from './expected.ts';
import {
  defaultFollowOptions,
  type FollowOptions,
  type FollowState,
  initialFollowState,
  leadingFailure,
} from './follow-state.ts';
import type { Handover } from './handover.ts';
import { observeRollout } from './observe.ts';
import type { FollowOutcome } from './outcome.ts';

export interface FollowPorts {
  /** One attempt a call is best: the loop itself slows down when AWS throttles. */
  readonly aws: AwsCaller;
  readonly clock: Clock;
  /** Uniform in [0, 1): jitter of retried writes. */
  readonly random: () => number;
  readonly cancelled: AbortSignal;
  readonly record: (event: KitEvent) => void;
  /** Alarms that the rollout is held to besides the service's own. */
  readonly alarms?: AlarmWatch;
  /** Keeps what the post step has to know where this job dies. */
  readonly handover?: Handover;
}

export interface FollowResult {
  /** `ecs-svc/…` of the deployment that was followed. */
  readonly deploymentId: string;
  readonly outcome: FollowOutcome;
  readonly serviceDeploymentArn: string | undefined;
  /** Gathered where the rollout failed, timed out or was taken back. */
  readonly diagnosis: Diagnosis | undefined;
  /** The last facts seen of each kind. */
  readonly last: Partial<RolloutFacts>;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Never rejects for what happens in AWS: everything is an outcome. */
export async function followServiceDeployment(
  ports: FollowPorts,
  expected: ExpectedRollout,
  options: Partial<FollowOptions> = {},
): Promise<FollowResult> {
  const { aws, clock, cancelled } = ports;
  const chosen = { ...defaultFollowOptions, ...options };
  const startedAt = clock.now();
  const retrying = (totalMs: number): AwsCaller =>
    withRetries(aws, { clock, random: ports.random }, { ...patient, totalMs });
  // A cancelled job has about ten seconds left, a time-out has all the time.
  const stopping = (why: string): AwsCaller => retrying(why === 'cancelled' ? 6000 : patient.totalMs);
  const ended = await runEngine<
    FollowState,
    RolloutFacts,
    FollowAct,
    { state: FollowState; outcome: FollowOutcome }
  >(
    {
      initial: initialFollowState(expected.serviceDeploymentArn, startedAt),
      timeoutMs: chosen.timeoutMs,
      observe: (state) => observe(ports, expected, state),
      decide: (state, observed, context) => decideFollow(expected, chosen, state, observed, context),
      async perform(act, state) {
        const alarmNames = state.giveUp?.alarmNames;
        switch (act.kind) {
          case 'stop':
            if (act.why !== 'cancelled') {
              ports.handover?.change({ wanted: act.stopType === 'ROLLBACK' ? 'rollback' : 'stop' });
            }
            await stopServiceDeployment(stopping(act.why), act.serviceDeploymentArn, act.stopType);
            return { ...state, giveUp: { ...state.giveUp!, asked: true } };
          case 'diagnose':
            return {
              ...state,
              diagnosis: await gatherDiagnosis(
                retrying(5000),
                { clock, cancelled },
                {
                  expected,
                  leading: alarmNames === undefined ? leadingFailure(state.tallies) : undefined,
                  stoppedTasks: state.last.stoppedTasks ?? [],
                  service: state.last.service,
                  triggeredAlarmNames: alarmNames ?? state.last.serviceDeployment?.triggeredAlarmNames ?? [],
                  missing: act.missing,
                },
              ),
            };
        }
      },
      refused: (_act: FollowAct, error: AwsCallError, state: FollowState) =>
        state.giveUp === undefined ? state : { ...state, giveUp: { ...state.giveUp, refusal: error } },
    },
    { clock, cancelled, record: ports.record },
  );
  return {
    deploymentId: expected.deploymentId,
    outcome: ended.outcome,
    serviceDeploymentArn: ended.state.serviceDeploymentArn,
    diagnosis: ended.state.diagnosis,
    last: ended.state.last,
    startedAt,
    endedAt: clock.now(),
  };
}

/** A read under way when the job is cancelled is dropped: what matters then is the stop. */
async function observe(
  { aws, alarms, cancelled }: FollowPorts,
  expected: ExpectedRollout,
  state: FollowState,
): Promise<RolloutFacts> {
  const signal = cancelled.aborted ? undefined : cancelled;
  let calls = 0;
  const counted: AwsCaller = {
    call(operation, input, signalOfCall) {
      calls++;
      return aws.call(operation, input, signalOfCall);
    },
  };
  if (alarms === undefined || state.giveUp !== undefined) {
    const facts = await observeRollout(counted, expected, state, signal);
    return { ...facts, calls };
  }
  const [facts, alarmFacts] = await Promise.all([
    observeRollout(counted, expected, state, signal),
    alarms.read(counted, signal),
  ]);
  return { ...facts, alarms: alarmFacts, calls };
}
