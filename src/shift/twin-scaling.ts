/** Scaling of green made after blue's: the same limits, the same policies with green's own metrics. Pure. */
import type { ScalingPolicy, ScheduledAction } from '@aws-sdk/client-application-auto-scaling';
import type { MetricAlarm, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { ScalingFacts, ScheduledActionRequest } from '../aws/scaling-targets.ts';

export interface TwinScaling {
  /** As it is to be once the shift is over. */
  readonly target: ScalingFacts;
  readonly policies: readonly ScalingPolicy[];
  /** For the step scaling ones, with blue's policies as their actions. */
  readonly alarms: readonly PutMetricAlarmInput[];
  /** They run once the shift is over: until then scheduled scaling is suspended. */
  readonly scheduled: readonly ScheduledActionRequest[];
  /** The target is there, and a run before has made some of the rest. */
  readonly isBegun: boolean;
  /** ARNs of green's policies that are there already, by the ARNs of blue's. */
  readonly made: Readonly<Record<string, string>>;
  /** ARNs of blue's policies, by the names of green's. */
  readonly bluePolicies: Readonly<Record<string, string>>;
}

export interface TwinScalingSettings {
  readonly blueService: string;
  readonly greenService: string;
  readonly blueTargetGroupArn: string;
  readonly greenTargetGroupArn: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** How a service scales by itself, as AWS describes it. */
export interface ServiceScaling {
  readonly policies: readonly ScalingPolicy[];
  /** Those that drive its step scaling. */
  readonly alarms: readonly MetricAlarm[];
  readonly scheduled: readonly ScheduledAction[];
}

/** Policies of other kinds are left out: `uncopied` names them; so are scheduled actions that are over. */
export function twinScalingOf(
  blue: ScalingFacts,
  { policies, alarms, scheduled }: ServiceScaling,
  settings: TwinScalingSettings,
): TwinScaling {
  const resourceId = blue.resourceId.replace(/[^/]+$/, settings.greenService);
  const copied = policies.filter(isCopied);
  return {
    isBegun: false,
    made: {},
    target: { ...blue, resourceId, arn: undefined },
    policies: copied.map((policy) => ({
      PolicyName: renamed(policy.PolicyName ?? '', settings),
      PolicyType: policy.PolicyType,
      ResourceId: resourceId,
      ServiceNamespace: policy.ServiceNamespace,
      ScalableDimension: policy.ScalableDimension,
      TargetTrackingScalingPolicyConfiguration: greenMetrics(
        policy.TargetTrackingScalingPolicyConfiguration,
        settings,
      ),
      StepScalingPolicyConfiguration: policy.StepScalingPolicyConfiguration,
      PolicyARN: undefined,
      CreationTime: undefined,
    })),
    alarms: alarms.map((alarm) => twinAlarmOf(alarm, settings)),
    scheduled: scheduled
      .filter((action) => !isOver(action, settings.now))
      .map((action) => twinActionOf(action, resourceId, settings)),
    bluePolicies: Object.fromEntries(
      copied.map((policy) => [renamed(policy.PolicyName ?? '', settings), policy.PolicyARN ?? '']),
    ),
  };
}

/** What is left of it to be made: what stands there stays as it is, whoever has changed it since. */
export function restOfTwin(
  twin: TwinScaling,
  target: ScalingFacts,
  policies: readonly ScalingPolicy[],
  scheduled: readonly ScheduledAction[],
): TwinScaling {
  const arnOf = (name: string | undefined): string | undefined =>
    policies.find((policy) => policy.PolicyName === name)?.PolicyARN;
  const made = Object.entries(twin.bluePolicies).flatMap(([name, blueArn]) => {
    const arn = arnOf(name);
    return arn === undefined ? [] : [[blueArn, arn] as const];
  });
  return {
    ...twin,
    isBegun: true,
    target,
    made: Object.fromEntries(made),
    policies: twin.policies.filter((policy) => arnOf(policy.PolicyName) === undefined),
    scheduled: twin.scheduled.filter(
      (action) => !scheduled.some((each) => each.ScheduledActionName === action.ScheduledActionName),
    ),
  };
}

function twinActionOf(
  action: ScheduledAction,
  ResourceId: string,
  settings: TwinScalingSettings,
): ScheduledActionRequest {
  const { StartTime: start } = action;
  return {
    ScheduledActionName: renamed(action.ScheduledActionName ?? '', settings),
    ResourceId,
    Schedule: action.Schedule,
    ScalableTargetAction: action.ScalableTargetAction,
    ...(action.Timezone === undefined ? {} : { Timezone: action.Timezone }),
    // One that has begun needs no beginning.
    ...(start === undefined || start.getTime() <= settings.now ? {} : { StartTime: start }),
    ...(action.EndTime === undefined ? {} : { EndTime: action.EndTime }),
  };
}

/** AWS takes none that would never run: `at(2026-11-26T18:00:00)` of the past, or an end of the past. */
function isOver(
  { Schedule: schedule = '', EndTime: end, Timezone: zone = 'UTC' }: ScheduledAction,
  now: number,
): boolean {
  if (end !== undefined && end.getTime() <= now) return true;
  const [, at] = /^at\((.+)\)$/.exec(schedule) ?? [];
  // A time of another zone is at most 14 hours off; one that AWS refuses is told.
  const slackMs = zone === 'UTC' || zone === 'Etc/UTC' ? 0 : 14 * 3_600_000;
  return at !== undefined && Date.parse(`${at}Z`) + slackMs <= now;
}

/** Names of blue's scheduled actions that a green which was there before does not have. */
export function unscheduled(
  blue: readonly ScheduledAction[],
  green: readonly ScheduledAction[],
  settings: Pick<TwinScalingSettings, 'blueService' | 'greenService' | 'now'>,
): readonly string[] {
  const has = new Set(green.map((action) => action.ScheduledActionName));
  return blue
    .filter((action) => !isOver(action, settings.now))
    .map((action) => action.ScheduledActionName ?? '')
    .filter((name) => !has.has(renamed(name, settings)) && !has.has(name));
}

/** Whether blue's policy is driven by alarms of the user's own. */
export function isStep(policy: ScalingPolicy): boolean {
  return policy.StepScalingPolicyConfiguration !== undefined;
}

/** Names of the policies of a kind that a twin does not get. */
export function uncopied(policies: readonly ScalingPolicy[]): readonly string[] {
  return policies.filter((policy) => !isCopied(policy)).map((policy) => policy.PolicyName ?? '');
}

/** Everything that an alarm is made of, and nothing of its state; on green's metrics, still with blue's actions. */
function twinAlarmOf(alarm: MetricAlarm, settings: TwinScalingSettings): PutMetricAlarmInput {
  const { AlarmName: name = '', AlarmDescription: description = '' } = alarm;
  return {
    AlarmName: alarmName(name, settings),
    AlarmDescription:
      `${description} (Made for ${settings.greenService} after ${name} by ips-deploy-actions.)`
        .trim()
        .slice(0, 1024),
    ActionsEnabled: alarm.ActionsEnabled,
    OKActions: alarm.OKActions,
    AlarmActions: alarm.AlarmActions,
    InsufficientDataActions: alarm.InsufficientDataActions,
    MetricName: alarm.MetricName,
    Namespace: alarm.Namespace,
    Statistic: alarm.Statistic,
    ExtendedStatistic: alarm.ExtendedStatistic,
    Dimensions: greenMetrics(alarm.Dimensions, settings),
    Period: alarm.Period,
    Unit: alarm.Unit,
    EvaluationPeriods: alarm.EvaluationPeriods,
    DatapointsToAlarm: alarm.DatapointsToAlarm,
    Threshold: alarm.Threshold,
    ComparisonOperator: alarm.ComparisonOperator,
    TreatMissingData: alarm.TreatMissingData,
    EvaluateLowSampleCountPercentile: alarm.EvaluateLowSampleCountPercentile,
    Metrics: greenMetrics(alarm.Metrics, settings),
    ThresholdMetricId: alarm.ThresholdMetricId,
  };
}

/** The same for the same pair, in each release. */
function alarmName(name: string, settings: TwinScalingSettings): string {
  const other = renamed(name, settings);
  const end = `-${settings.greenService}`;
  return other === name ? `${name.slice(0, 255 - end.length)}${end}` : other.slice(0, 255);
}

/** The alarm with green's policies in the place of blue's; other actions stay. Pure. */
export function actingOn(alarm: PutMetricAlarmInput, arns: ReadonlyMap<string, string>): PutMetricAlarmInput {
  const swapped = (actions: readonly string[] | undefined): string[] | undefined =>
    actions?.map((action) => arns.get(action) ?? action);
  return {
    ...alarm,
    OKActions: swapped(alarm.OKActions),
    AlarmActions: swapped(alarm.AlarmActions),
    InsufficientDataActions: swapped(alarm.InsufficientDataActions),
  };
}

/** Whether an alarm that is there was made for this scalable target: then it may be replaced. */
export function isOfTarget(alarm: MetricAlarm, resourceId: string): boolean {
  const { OKActions: ok = [], AlarmActions: on = [], InsufficientDataActions: unknown = [] } = alarm;
  return [...ok, ...on, ...unknown].some((action) => action.includes(`:resource/ecs/${resourceId}:`));
}

/**
 * Policies of green that would count blue's requests as green's: `ALBRequestCountPerTarget` with the label
 * of another target group.
 */
export function policiesOnOtherGroup(
  policies: readonly ScalingPolicy[],
  targetGroupArn: string,
): readonly string[] {
  const own = labelOf(targetGroupArn);
  return policies
    .filter((policy) => {
      const label =
        policy.TargetTrackingScalingPolicyConfiguration?.PredefinedMetricSpecification?.ResourceLabel;
      return label !== undefined && label !== '' && !label.endsWith(own);
    })
    .map((policy) => policy.PolicyName ?? '');
}

/** `targetgroup/name/id`: a group as metrics and resource labels name it. */
function labelOf(targetGroupArn: string): string {
  return targetGroupArn.slice(targetGroupArn.indexOf('targetgroup/'));
}

function isCopied(policy: ScalingPolicy): boolean {
  return policy.TargetTrackingScalingPolicyConfiguration !== undefined || isStep(policy);
}

/** Blue's names in labels and dimensions become green's; everything else stays. */
function greenMetrics<T>(metrics: T, settings: TwinScalingSettings): T {
  const blueLabel = labelOf(settings.blueTargetGroupArn);
  const greenLabel = labelOf(settings.greenTargetGroupArn);
  const swapped = (value: unknown): unknown => {
    if (typeof value === 'string') {
      if (value === settings.blueService) return settings.greenService;
      return value.endsWith(blueLabel) ? value.slice(0, -blueLabel.length) + greenLabel : value;
    }
    if (Array.isArray(value)) return value.map(swapped);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, swapped(inner)]));
  };
  return swapped(metrics) as T;
}

/** A policy named after blue's service is named after green's. */
function renamed(name: string, settings: Pick<TwinScalingSettings, 'blueService' | 'greenService'>): string {
  return name.replaceAll(settings.blueService, settings.greenService);
}
