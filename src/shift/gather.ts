/** Reads everything a plan is made of. Changes nothing. */

import type { ScalingPolicy, ScheduledAction } from '@aws-sdk/client-application-auto-scaling';
import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type {
  RegisterTaskDefinitionRequest,
  Service,
  ServiceRevision,
  TaskDefinition,
  Volume,
} from '@aws-sdk/client-ecs';
import { readAlarms, readAlarmsActingOn } from '../aws/alarms.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { type ServiceFacts, toServiceFacts } from '../aws/ecs-service.ts';
import { readWholeRevisions } from '../aws/ecs-service-deployments.ts';
import { readTargetHealth } from '../aws/ecs-target-health.ts';
import { readTaskDefinition, type TaggedDefinition } from '../aws/ecs-task-definition.ts';
import type { ForwardState } from '../aws/elb-forward.ts';
import { readUsualTraffic } from '../aws/elb-metrics.ts';
import type { ListenerFacts, LoadBalancerFacts } from '../aws/elb-rules.ts';
import {
  type FoundGroup,
  findTargetGroup,
  readGroupUses,
  readTargetGroup,
} from '../aws/elb-target-groups.ts';
import { definitionHash } from '../aws/same-definition.ts';
import {
  readFormerScaling,
  readScaling,
  readScalingPolicies,
  readScheduledActions,
  type ScalingFacts,
  scalingResource,
} from '../aws/scaling-targets.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { parseDefinitionFile } from '../rollout/definition-file.ts';
import { ConfigurationError } from '../runner/configuration-error.ts';
import { type Baseline, baselineOf, slowThresholdSeconds } from './baseline.ts';
import { readGuard } from './guard.ts';
import type { Lock } from './interrupted.ts';
import { groupName } from './ladder.ts';
import { lookAtRule } from './look-at-rule.ts';
import { findOtherShifts, type OtherShift } from './other-shifts.ts';
import { connectorsOf, furtherGroups, otherListenersOf, otherWorkOf } from './other-work.ts';
import { foreignOwners } from './owners.ts';
import { findColours, healthyCount, type PreflightFacts } from './preflight.ts';
import { pick, readBeside, readServices } from './read-services.ts';
import { untwinnable } from './twin.ts';
import { isStep } from './twin-scaling.ts';

export interface Gathered {
  readonly facts: PreflightFacts;
  readonly loadBalancer: LoadBalancerFacts;
  readonly listener: ListenerFacts;
  /** Blue as ECS describes it, for the twin. */
  readonly blueSource: Service | undefined;
  /** What ECS says of blue in its revision alone; undefined where no twin is to be made. */
  readonly blueRevision: ServiceRevision | undefined;
  /** Target groups of blue's service, beside the pair, that no load balancer forwards to. */
  readonly unusedGroupArns: readonly string[];
  /** To be registered before the plan is carried out; undefined where the revision exists. */
  readonly register: RegisterTaskDefinitionRequest | undefined;
  /** What green is to run; undefined while it is to be registered, and where green is taken as it is. */
  readonly definition: TaggedDefinition | undefined;
  readonly baseline: Baseline;
  /** Of services that scale by themselves and have some. */
  readonly scheduled: readonly {
    readonly resourceId: string;
    readonly actions: readonly ScheduledAction[];
  }[];
  /** Alarms that drive blue's step scaling. */
  readonly stepAlarms: readonly MetricAlarm[];
}

const baselineMs = 3_600_000;

/** Throws `ConfigurationError` where what is named does not exist, or the colours do not show. */
export async function gather(
  aws: AwsCaller,
  request: ShiftRequest,
  now: number,
  readFile: (path: string) => Promise<string>,
): Promise<Gathered> {
  const around = await lookAtRule(aws, request);
  const { forward, loadBalancer, listeners, listener, testRulePriority, lock } = around;
  const ofLock = lock === undefined ? undefined : coloursOfShift(forward, lock);
  const named =
    ofLock === undefined
      ? await readNamedGroups(aws, request)
      : { blue: undefined, green: ofLock.greenArn, found: [] };
  const near = [...forward.split.map((group) => group.targetGroupArn), named.blue, named.green];
  const shiftsNear = await findOtherShifts(aws, listeners, near, lock?.ruleArn);
  const { blueArn, greenArn } = ofLock ?? colour(named, forward, shiftsNear[0]);
  const [blueGroup, greenGroup, blueHealth, greenHealth, alarms] = await Promise.all([
    readTargetGroup(aws, foundOf(named, blueArn)),
    readTargetGroup(aws, foundOf(named, greenArn)),
    readTargetHealth(aws, blueArn),
    readTargetHealth(aws, greenArn),
    readAlarms(aws, request.alarms),
  ]);
  const { services, unseen } =
    request.cluster === undefined
      ? { services: [], unseen: undefined }
      : await readServices(aws, request.cluster, request);
  const beside = await readBeside(aws, request, services, lock);
  const blueSource = pick(services, request, request.blueService, blueArn, greenArn);
  const greenSource = pick(services, request, request.greenService, greenArn, blueArn);
  const blueService = blueSource === undefined ? undefined : toServiceFacts(blueSource);
  const greenService = greenSource === undefined ? undefined : toServiceFacts(greenSource);
  const sources = [blueSource, greenSource].filter((service) => service !== undefined);
  const pair = [blueArn, greenArn];
  const uses = await readGroupUses(aws, furtherGroups(sources, pair));
  const revisions = await readWholeRevisions(
    aws,
    lock !== undefined && greenSource !== undefined ? [] : sources.flatMap(revisionArns),
  );
  const probeDefinition = await readProbeDefinition(aws, request);
  const wanted = await resolveDefinition(aws, request, greenService?.taskDefinitionArn, readFile);
  const lastHour = [
    Math.floor((now - baselineMs) / 60_000) * 60_000,
    Math.floor(now / 60_000) * 60_000,
  ] as const;
  const { traffic, p95 } = await readUsualTraffic(aws, {
    loadBalancerArn: loadBalancer.arn,
    targetGroupArns: [blueArn],
    fromMs: lastHour[0],
    toMs: lastHour[1],
  });
  const scaling = await readBothScaling(aws, request.cluster, blueService, greenService);
  const scheduled = await readSchedules(aws, scaling.scaling);
  const stepAlarms = await readStepAlarms(aws, scaling.bluePolicies);
  const blueCount = Math.max(1, blueService?.runningCount ?? 0, healthyCount(blueHealth.targets));
  // A shift that is there keeps the count it was planned with: blue may be on its way out, or have grown under
  // load, and green may have grown with its share.
  const planned = lock === undefined || lock.record.count === 0 ? blueCount : lock.record.count;
  const desiredCount = Math.max(
    lock === undefined ? (request.desiredCount ?? planned) : Math.max(planned, request.desiredCount ?? 0),
    lock === undefined ? 0 : (greenService?.desiredCount ?? 0),
  );
  return {
    facts: {
      forward,
      listeners,
      blueGroup,
      greenGroup,
      blueTargets: blueHealth.targets,
      greenTargets: greenHealth.targets,
      blueService,
      greenService,
      taskDefinitionArn: wanted.arn,
      ...scaling,
      alarms,
      lock,
      owners: foreignOwners([...services, ...beside.services], pair, listeners),
      ownersUnseen: beside.unseen ?? unseen,
      otherShifts: shiftsNear.filter((each) => pair.includes(each.greenArn)),
      testRulePriority,
      drainMs: 1000 * blueGroup.deregistrationDelaySeconds + (await readStopTime(aws, request, blueService)),
      guard: await readGuard(aws, request, readFile),
      otherWork: sources.flatMap((service) => [
        ...otherWorkOf(service),
        ...otherListenersOf(service, pair, uses),
        ...connectorsOf(service, revisions),
      ]),
      untwinnable:
        blueSource === undefined || greenSource !== undefined
          ? []
          : untwinnable(blueSource, volumesOf(wanted.register ?? wanted.definition?.definition)),
      now,
      probePaths: request.probes.paths ?? [greenGroup.healthCheck.path],
      probeDefinition,
      desiredCount,
    },
    loadBalancer,
    listener,
    blueSource,
    blueRevision: revisions.find((each) => each.serviceArn === blueSource?.serviceArn),
    unusedGroupArns: uses.flatMap((use) =>
      use.kind === 'known' && use.loadBalancerArns.length === 0 ? [use.targetGroupArn] : [],
    ),
    register: wanted.register,
    definition: wanted.definition,
    scheduled,
    stepAlarms,
    baseline: baselineOf(
      traffic.groups[0]?.minutes ?? [],
      traffic.balancer,
      p95 === undefined ? undefined : slowThresholdSeconds(p95),
    ),
  };
}

/**
 * A file is registered only where the family's newest revision is not the same already; until then its
 * revision has a name for the plan.
 */
async function resolveDefinition(
  aws: AwsCaller,
  request: ShiftRequest,
  greenArn: string | undefined,
  readFile: (path: string) => Promise<string>,
): Promise<{
  readonly arn: string | undefined;
  readonly register: RegisterTaskDefinitionRequest | undefined;
  readonly definition: TaggedDefinition | undefined;
}> {
  const wanted = request.taskDefinition;
  if (request.cluster === undefined) return { arn: undefined, register: undefined, definition: undefined };
  if (wanted?.kind === 'file') {
    const input = await parseDefinitionFile(wanted.path, await readFile(wanted.path));
    const newest = await readTaskDefinition(aws, input.family ?? '');
    return newest?.status === 'ACTIVE' && definitionHash(newest.definition) === definitionHash(input)
      ? { arn: newest.arn, register: undefined, definition: newest }
      : { arn: `${input.family}:(new revision)`, register: input, definition: undefined };
  }
  const name = wanted?.name ?? greenArn;
  const found = name === undefined ? undefined : await readTaskDefinition(aws, name);
  const definition = found?.status === 'ACTIVE' ? found : undefined;
  return { arn: definition?.arn, register: undefined, definition };
}

/** Undefined where the definition is not known. */
function volumesOf(
  definition: RegisterTaskDefinitionRequest | TaskDefinition | undefined,
): Volume[] | undefined {
  return definition === undefined ? undefined : (definition.volumes ?? []);
}

function revisionArns(service: Service): readonly string[] {
  return (service.currentServiceRevisions ?? []).flatMap(({ arn }) => (arn === undefined ? [] : [arn]));
}

/** Limits as they were before any shift: a run that died has noted them on the target. */
async function readBothScaling(
  aws: AwsCaller,
  cluster: string | undefined,
  blue: ServiceFacts | undefined,
  green: ServiceFacts | undefined,
): Promise<Pick<PreflightFacts, 'scaling' | 'bluePolicies' | 'greenPolicies'>> {
  const scaling: ScalingFacts[] = [];
  const policies: (readonly ScalingPolicy[])[] = [];
  for (const service of [blue, green]) {
    policies.push([]);
    if (cluster === undefined || service === undefined) continue;
    const resourceId = scalingResource(cluster, service.name);
    const target = await readScaling(aws, resourceId);
    if (target === undefined) continue;
    scaling.push(await readFormerScaling(aws, target));
    policies[policies.length - 1] = await readScalingPolicies(aws, resourceId);
  }
  const [bluePolicies = [], greenPolicies = []] = policies;
  return { scaling, bluePolicies, greenPolicies };
}

async function readSchedules(
  aws: AwsCaller,
  targets: readonly ScalingFacts[],
): Promise<Gathered['scheduled']> {
  const found: { resourceId: string; actions: readonly ScheduledAction[] }[] = [];
  for (const { resourceId } of targets) {
    const actions = await readScheduledActions(aws, resourceId);
    if (actions.length > 0) found.push({ resourceId, actions });
  }
  return found;
}

/** Each once, however many of the policies it drives. */
async function readStepAlarms(
  aws: AwsCaller,
  policies: readonly ScalingPolicy[],
): Promise<readonly MetricAlarm[]> {
  const found = new Map<string, MetricAlarm>();
  for (const { PolicyARN: arn } of policies.filter(isStep)) {
    for (const alarm of arn === undefined ? [] : await readAlarmsActingOn(aws, arn)) {
      found.set(alarm.AlarmName ?? '', alarm);
    }
  }
  return [...found.values()];
}

/** ARNs of the groups that inputs name; `found`: those that were looked up by their names. */
interface NamedGroups {
  readonly blue: string | undefined;
  readonly green: string | undefined;
  readonly found: readonly FoundGroup[];
}

async function readNamedGroups(aws: AwsCaller, request: ShiftRequest): Promise<NamedGroups> {
  const found: FoundGroup[] = [];
  const named = async (group: string | undefined): Promise<string | undefined> => {
    if (group === undefined || group.startsWith('arn:')) return group;
    const known = await findTargetGroup(aws, group);
    found.push(known);
    return known.TargetGroupArn;
  };
  return { blue: await named(request.blueTargetGroup), green: await named(request.greenTargetGroup), found };
}

function foundOf({ found }: NamedGroups, arn: string): string | FoundGroup {
  return found.find((group) => group.TargetGroupArn === arn) ?? arn;
}

interface Pair {
  readonly blueArn: string;
  readonly greenArn: string;
}

/** As a shift that is there has them; undefined where the rule holds no blue of it. */
function coloursOfShift(
  forward: ForwardState,
  { greenArn, record }: Pick<Lock, 'greenArn' | 'record'>,
): Pair | undefined {
  const blue = forward.split.find(
    ({ targetGroupArn: arn }) => arn !== greenArn && (record.former[groupName(arn)] ?? 0) > 0,
  );
  return blue === undefined ? undefined : { blueArn: blue.targetGroupArn, greenArn };
}

/** A shift of the pair by another rule says which is which; else the inputs, or the rule itself. */
function colour(named: NamedGroups, forward: ForwardState, shift: OtherShift | undefined): Pair {
  const ofShift = shift === undefined ? undefined : coloursOfShift(forward, shift);
  if (ofShift !== undefined) return ofShift;
  const colours = findColours(forward.split, named.blue, named.green);
  if (colours.kind === 'unclear') throw new ConfigurationError('colours-unclear', colours.reason);
  return colours;
}

/** ECS waits 30 s between SIGTERM and SIGKILL unless a container says otherwise. */
const defaultStopSeconds = 30;

/** Read only where blue is to be stopped. */
async function readStopTime(
  aws: AwsCaller,
  request: ShiftRequest,
  blue: ServiceFacts | undefined,
): Promise<number> {
  if (request.blueAfter === 'keep' || blue === undefined) return 0;
  const definition = (await readTaskDefinition(aws, blue.taskDefinitionArn))?.definition;
  const containers = definition?.containerDefinitions ?? [];
  return 1000 * Math.max(...containers.map((each) => each.stopTimeout ?? defaultStopSeconds), 0);
}

async function readProbeDefinition(
  aws: AwsCaller,
  { probes: { task } }: ShiftRequest,
): Promise<PreflightFacts['probeDefinition']> {
  if (task === undefined) return undefined;
  const found = await readTaskDefinition(aws, task.taskDefinition);
  return found?.status === 'ACTIVE' ? found.definition : undefined;
}
