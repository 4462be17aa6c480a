/** The state a shift begins with: of a new one, or of one that a run before has left. Pure. */
import type { WeightSplit } from '../aws/elb-forward.ts';
import { noEvidence } from './evidence.ts';
import { shareOf, startSplit } from './ladder.ts';
import type { ShiftPlan } from './plan.ts';
import type { ShiftState } from './state.ts';
import { unknownCluster } from './take-back-only.ts';

/** `live` is what the rule holds now: other than the former weights where a run before has left it so. */
export function initialState(plan: ShiftPlan, now: number, live: WeightSplit = plan.former): ShiftState {
  const percent = Math.round(shareOf(live, plan.green.targetGroupArn) * 10) / 10;
  const found = plan.lock !== undefined;
  const keptBefore = plan.lock?.record.kept;
  return {
    phase: { kind: 'lock' },
    written: live,
    writtenAt: now,
    // A run that died may have written some of several rules, and not yet the others.
    earlier:
      plan.others.length === 0 || !found
        ? []
        : [attachedSplit(plan), ...plan.steps.map((step) => step.split)],
    weights: [{ at: now, percent }],
    shifted: percent > 0,
    interferedBy: undefined,
    testRuleArn: plan.lock?.ruleArn,
    lockedAt: undefined,
    notedAt: now,
    stage: plan.lock?.record.stage ?? 'shifting',
    noReturnAt: plan.lock?.record.noReturnAt,
    kept: keptBefore === undefined ? undefined : { ...keptBefore, ordered: false },
    retired: false,
    twinScalingArn: undefined,
    blueQuietAt: undefined,
    lockTaken: false,
    lockGone: false,
    scalingQuietened: found,
    // What a dead run has made of green is put away with the rest.
    green:
      found && plan.green.service !== undefined
        ? { deploymentId: undefined, serviceDeploymentArn: undefined }
        : undefined,
    knownExits: [],
    failedStarts: 0,
    evidence: noEvidence,
    passed: [],
    emptyGreen: { minutes: 0, expected: 0 },
    metricsProblem: undefined,
    metricsReadTo: 0,
    metricsReadAt: 0,
    stillRinging: plan.ringing,
    probeTask: undefined,
    checks: [],
    blindSince: undefined,
    cancelSeenAt: undefined,
    refusal: undefined,
    leftovers: unknownCluster(plan.cluster, plan.lock),
    said: '',
    lookAgain: false,
  };
}

/** The rule with green in it at weight 0: where the shift starts from. */
export function attachedSplit(plan: ShiftPlan): ShiftState['written'] {
  return startSplit(plan.former, plan.green.targetGroupArn);
}
