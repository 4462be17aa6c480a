/**
 * Step scaling: an alarm of the user's own asks for the policy, and how far the metric is past the alarm's
 * threshold says which step is taken. Rules: BEHAVIOUR.md.
 */
import type {
  StepAdjustment,
  StepScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling';
import type { ServiceScaler } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import { type ScalableTarget, type ScalingPolicy, validationError } from './model.ts';

const defaultCooldownSeconds = 300;
const adjustmentTypes = ['ChangeInCapacity', 'ExactCapacity', 'PercentChangeInCapacity'] as const;
const aggregations = ['Average', 'Minimum', 'Maximum'] as const;

/** An alarm asks for an action: the values it compared, oldest first, and its threshold. */
export interface ScalingAsk {
  readonly alarm: string;
  readonly state: string;
  readonly actionArn: string;
  readonly values: readonly number[];
  readonly threshold: number;
}

export interface StepScalingDeps {
  readonly kernel: Kernel;
  readonly services: ServiceScaler;
  readonly cloudwatch: { onAlarmAction(actor: (ask: ScalingAsk) => void): void };
  /** True while ECS deploys the service: it does not scale in then. */
  readonly isDeploying: (resourceId: string) => boolean;
  readonly target: (resourceId: string) => ScalableTarget | undefined;
  readonly scale: (target: ScalableTarget, count: number, cause: string) => void;
}

interface Stepped {
  readonly policy: ScalingPolicy;
  readonly config: StepScalingPolicyConfiguration;
}

/** What a target did last by any of its policies. */
interface LastStep {
  readonly at: number;
  readonly cooldownMs: number;
  /** Tasks that were added; 0 for a step in. */
  readonly added: number;
}

export class StepScaling {
  readonly #deps: StepScalingDeps;
  /** By the policy's ARN. */
  readonly #stepped = new Map<string, Stepped>();
  /** By resource id. */
  readonly #last = new Map<string, LastStep>();

  constructor(deps: StepScalingDeps) {
    this.#deps = deps;
    deps.cloudwatch.onAlarmAction((ask) => {
      const stepped = this.#stepped.get(ask.actionArn);
      if (stepped !== undefined) this.#act(stepped, ask);
    });
  }

  put(policy: ScalingPolicy, config: StepScalingPolicyConfiguration): void {
    this.#stepped.set(policy.arn, { policy, config });
  }

  remove(policyArn: string): void {
    this.#stepped.delete(policyArn);
  }

  #act({ policy, config }: Stepped, ask: ScalingAsk): void {
    const { kernel, services, isDeploying, scale } = this.#deps;
    const target = this.#deps.target(policy.resourceId);
    const current = services.desiredCount(policy.resourceId);
    if (target === undefined || current === undefined) return;
    const step = stepFor(config, ask);
    if (step === undefined) return;
    const last = this.#last.get(policy.resourceId);
    const cooling = last !== undefined && kernel.now - last.at < last.cooldownMs ? last : undefined;
    // What was added in the cooldown counts as a part of this step.
    const from = cooling === undefined ? current : current - cooling.added;
    const asked = capacityAfter(config, step, from);
    const count = Math.min(target.maxCapacity, Math.max(target.minCapacity, asked));
    const { DynamicScalingInSuspended: noIn, DynamicScalingOutSuspended: noOut } = target.suspended;
    if (count > current ? noOut : noIn || cooling !== undefined || isDeploying(policy.resourceId)) return;
    if (count === current || (asked > from && count < current)) return;
    const cooldownMs = (config.Cooldown ?? defaultCooldownSeconds) * 1000;
    const added = Math.max(0, count - from);
    this.#last.set(policy.resourceId, { at: kernel.now, cooldownMs, added });
    scale(target, count, `monitor alarm ${ask.alarm} in state ${ask.state} triggered policy ${policy.name}`);
  }
}

/** The capacity that a step asks for, before the target's limits. */
export function capacityAfter(
  { AdjustmentType: type, MinAdjustmentMagnitude: least = 0 }: StepScalingPolicyConfiguration,
  { ScalingAdjustment: adjustment = 0 }: StepAdjustment,
  current: number,
): number {
  if (type === 'ExactCapacity') return adjustment;
  if (type !== 'PercentChangeInCapacity') return current + adjustment;
  const exact = (current * adjustment) / 100;
  // Towards 0, but never to it: 12.7 is 12, 0.67 is 1.
  const change = exact === 0 ? 0 : Math.sign(exact) * Math.max(1, Math.floor(Math.abs(exact)));
  return current + Math.sign(adjustment) * Math.max(Math.abs(change), least);
}

/** The step whose interval holds the metric's distance from the threshold; undefined without data. */
export function stepFor(
  { StepAdjustments: steps = [], MetricAggregationType: aggregation }: StepScalingPolicyConfiguration,
  { values, threshold }: Pick<ScalingAsk, 'values' | 'threshold'>,
): StepAdjustment | undefined {
  if (values.length === 0 || Number.isNaN(threshold)) return undefined;
  const value =
    aggregation === 'Minimum'
      ? Math.min(...values)
      : aggregation === 'Maximum'
        ? Math.max(...values)
        : values.reduce((sum, each) => sum + each, 0) / values.length;
  const distance = value - threshold;
  return steps.find(({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper }) => {
    const [low, high] = [lower ?? Number.NEGATIVE_INFINITY, upper ?? Number.POSITIVE_INFINITY];
    return distance >= 0 ? low <= distance && distance < high : low < distance && distance <= high;
  });
}

/** Throws ValidationException for a policy that AWS refuses. */
export function checkSteps(config: StepScalingPolicyConfiguration): void {
  const { AdjustmentType: type, StepAdjustments: steps = [], MetricAggregationType: aggregation } = config;
  if (!adjustmentTypes.some((each) => each === type)) {
    throw validationError(`AdjustmentType '${type ?? ''}' must be one of ${adjustmentTypes.join(', ')}`);
  }
  if (aggregation !== undefined && !aggregations.some((each) => each === aggregation)) {
    throw validationError(`MetricAggregationType '${aggregation}' must be one of ${aggregations.join(', ')}`);
  }
  if (steps.length === 0) throw validationError('StepAdjustments must have at least one step');
  const bounds = steps
    .map(({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper }) => [
      lower ?? Number.NEGATIVE_INFINITY,
      upper ?? Number.POSITIVE_INFINITY,
    ])
    .sort(([one = 0], [other = 0]) => one - other);
  for (const [index, [low = 0, high = 0]] of bounds.entries()) {
    if (low >= high) throw validationError('The lower bound of a step must be below its upper bound');
    const next = bounds[index + 1]?.[0];
    if (next !== undefined && next !== high) {
      throw validationError('StepAdjustments must neither overlap nor leave a gap between them');
    }
  }
}
