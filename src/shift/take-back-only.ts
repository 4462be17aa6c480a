/**
 * `on-interrupted: rollback-only`: an order to take back what another run left in the middle or at rest, and to
 * begin nothing. It wants no more than the rule: the test rule's tags say the rest. Pure.
 */
import type { WeightSplit } from '../aws/elb-forward.ts';
import type { OnInterrupted, ShiftRequest } from '../inputs/shift-request.ts';
import type { Lock } from './interrupted.ts';
import { describeSplit, groupName } from './ladder.ts';
import type { Ending } from './state.ts';

/** Orders about what another run left, that begin no shift. */
export type LeftoverOrder = 'rollback-only' | 'resume-only' | 'judge';

const order: Readonly<Record<LeftoverOrder, string>> = {
  'rollback-only': 'take back',
  'resume-only': 'go on with',
  judge: 'judge',
};

export function isLeftoverOrder(onInterrupted: OnInterrupted): onInterrupted is LeftoverOrder {
  return Object.hasOwn(order, onInterrupted);
}

/** Without what only a shift that goes forward needs, so that nothing of it can be in the way. */
export function takeBackRequest(request: ShiftRequest, cluster: string | undefined): ShiftRequest {
  return {
    ...request,
    cluster,
    taskDefinition: undefined,
    desiredCount: undefined,
    preDeploy: undefined,
    probes: { ...request.probes, task: undefined },
    alarms: [],
    checks: [],
    guard: undefined,
    until: undefined,
    blueAfter: 'keep',
  };
}

/**
 * What is said where no test rule tells of a shift. Weights on more than one group are nobody's that we know:
 * they are not called "nothing to take back". Who was to go on has not done so: that is no success.
 */
export function nothingLeft(
  split: WeightSplit,
  asked: LeftoverOrder,
): Ending & { readonly kind: 'no-change' | 'refused' } {
  const [first, ...others] = split.filter((group) => group.weight > 0);
  if (first !== undefined && others.length === 0) {
    const why = `There is no shift to ${order[asked]}: ${groupName(first.targetGroupArn)} serves everything, and no test rule tells of one.`;
    return asked === 'resume-only'
      ? { kind: 'refused', refusals: [{ code: 'nothing-rests', message: why }] }
      : { kind: 'no-change', why };
  }
  return {
    kind: 'refused',
    refusals: [
      {
        code: 'weights-not-as-expected',
        message: `No test rule tells of a shift, and the rule sends traffic to ${describeSplit(split)}: what was before cannot be known. The rollback action with to: weights and a target group gives that group all of it.`,
      },
    ],
  };
}

/** What a person has to know where the cluster stays unknown. */
export function unknownCluster(cluster: string | undefined, lock: Lock | undefined): readonly string[] {
  if (cluster !== undefined || lock === undefined || lock.record.cluster !== undefined) return [];
  return [
    'The test rule does not say in which cluster the services are (a version before ips-deploy:cluster made it), and no scalable target shows it: tasks of green and scaling are left as they are. Give cluster, or scale green’s service down: aws ecs update-service --cluster CLUSTER --service SERVICE --desired-count 0.',
  ];
}
