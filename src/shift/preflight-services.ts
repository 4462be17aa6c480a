/** Are the services of both colours ones that a shift can work with? Pure. */
import type { ServiceFacts } from '../aws/ecs-service.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { groupName } from './ladder.ts';
import { healthyCount, type PreflightFacts, type Refusal } from './preflight.ts';
import { policiesOnOtherGroup } from './twin-scaling.ts';

export function* checkServices(facts: PreflightFacts, request: ShiftRequest): Generator<Refusal> {
  const { blueService, greenService, blueGroup, greenGroup } = facts;
  const ours = [blueService, greenService].flatMap((service) =>
    service === undefined || (service.controller === 'ECS' && service.strategy === 'ROLLING')
      ? []
      : [{ service: service.name, how: `controller ${service.controller}, strategy ${service.strategy}` }],
  );
  const others = facts.owners.filter((each) => !ours.some(({ service }) => service === each.service));
  for (const { service, how } of [...ours, ...others]) {
    yield {
      code: 'foreign-owner',
      message: `Service ${service} shifts its traffic itself (${how}): two owners of the weights would fight.`,
    };
  }
  if (blueService !== undefined && blueService.name === greenService?.name) {
    yield {
      code: 'one-service',
      message: `Service ${blueService.name} is registered in both ${blueGroup.name} and ${greenGroup.name}: each of its tasks is blue and green at once, and no weight tells them apart. Take it out of ${greenGroup.name}.`,
    };
  }
  if (request.blueService !== undefined && blueService === undefined) {
    yield {
      code: 'blue-service-missing',
      message: `There is no active service ${request.blueService} in cluster ${request.cluster}.`,
    };
  }
  if (request.keepBlueAt !== 'all' && blueService === undefined) {
    yield {
      code: 'blue-not-scalable',
      message: `No ECS service stands behind ${blueGroup.name} (targets of type ${blueGroup.targetType}): how many of its targets run is not this action's to change, EC2 instances least of all, so keep-blue-at cannot be kept to. Leave it out: all of them are left running at the end.`,
    };
  }
  const managed = request.cluster !== undefined;
  if (managed && greenService === undefined && blueService === undefined) {
    yield {
      code: 'green-service-missing',
      message: `No service in cluster ${request.cluster} is registered in ${greenGroup.name}${request.greenService === undefined ? '' : `, and ${request.greenService} does not exist`}; without a blue service there is nothing to make it of. Create it once, with ${greenGroup.name} as its target group.${facts.ownersUnseen === undefined ? '' : ` Not all could be looked at: ${facts.ownersUnseen}.`}`,
    };
  }
  if (facts.untwinnable.length > 0) {
    yield {
      code: 'no-twin',
      message: `No twin of ${blueService?.name} can be made: ${facts.untwinnable.join('; ')}. Make green's service yourself, with ${greenGroup.name} as its target group, and name it by green-service.`,
    };
  }
  const sides = [
    ['blue-service-elsewhere', blueService, blueGroup],
    ['green-service-elsewhere', greenService, greenGroup],
  ] as const;
  for (const [code, service, group] of sides) {
    const groups = service?.loadBalancers.map((entry) => entry.targetGroupArn) ?? [];
    if (service === undefined || groups.includes(group.arn)) continue;
    yield {
      code,
      message: `Service ${service.name} is not registered in ${group.name} but in ${groups.map(groupName).join(', ') || 'no target group'}.`,
    };
  }
  if (managed && greenGroup.targetType !== 'ip' && greenService === undefined) {
    yield {
      code: 'target-type',
      message: `${greenGroup.name} takes targets of type ${greenGroup.targetType}; Fargate tasks need ip.`,
    };
  }
  if (managed && facts.taskDefinitionArn === undefined) {
    yield {
      code: 'task-definition-missing',
      message:
        request.taskDefinition === undefined
          ? 'Nothing says what green is to run: give task-definition.'
          : `There is no active task definition ${request.taskDefinition.kind === 'file' ? request.taskDefinition.path : request.taskDefinition.name}.`,
    };
  }
  yield* checkLimits(facts);
  const wrongGroup = policiesOnOtherGroup(facts.greenPolicies, greenGroup.arn);
  if (wrongGroup.length > 0) {
    yield {
      code: 'scaling-would-fight',
      message: `Scaling policy ${wrongGroup.join(', ')} of green's service counts requests of another target group: green would be scaled by blue's traffic. Give it the resource label of ${greenGroup.name}.`,
    };
  }
  const updating = blueService?.deployments.filter((each) => each.rolloutState === 'IN_PROGRESS') ?? [];
  if (facts.lock === undefined && updating.length > 0) {
    yield {
      code: 'blue-deploying',
      message: `Service ${blueService?.name} is being deployed just now: what blue is would change under the shift. Wait for it, or stop it.`,
    };
  }
  if (facts.lock === undefined && healthyCount(facts.blueTargets) === 0) {
    yield {
      code: 'blue-unhealthy',
      message: `Blue ${blueGroup.name} has no healthy target: there would be no way back.`,
    };
  }
  if (!managed && healthyCount(facts.greenTargets) === 0) {
    yield {
      code: 'green-empty',
      message: `Green ${greenGroup.name} has no healthy target, and no cluster is named in which a service could fill it.`,
    };
  }
}

/** Scaling would bring green below the tasks it needs as soon as its limits are written. */
function* checkLimits({
  scaling,
  blueService,
  greenService,
  desiredCount,
}: PreflightFacts): Generator<Refusal> {
  const limitsOf = (service: ServiceFacts | undefined) =>
    service && scaling.find((target) => target.resourceId.endsWith(`/${service.name}`));
  const own = limitsOf(greenService);
  const target = own ?? limitsOf(blueService);
  if (target === undefined || target.maxCapacity >= desiredCount) return;
  const whose = own === undefined ? ', and green gets the same limits' : '';
  yield {
    code: 'scaling-limit',
    message: `${target.resourceId} scales to ${target.maxCapacity} at most${whose}; green needs ${desiredCount}. Raise that limit, or ask for fewer by desired-count.`,
  };
}
