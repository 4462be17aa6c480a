/** Who else shifts the weights of the pair: ECS itself, CodeDeploy, or a tool with task sets of its own. Pure. */
import type { LoadBalancer, Service } from '@aws-sdk/client-ecs';
import type { ListenerFacts } from '../aws/elb-rules.ts';

export interface Owner {
  readonly service: string;
  /** `controller CODE_DEPLOY`, or `strategy CANARY`. */
  readonly how: string;
}

/** Target groups that tasks of the service are registered in. */
export function groupsOf(service: Service): readonly string[] {
  return loadBalancersOf(service).flatMap(({ targetGroupArn: arn }) => (arn === undefined ? [] : [arn]));
}

/** The same with those of the next deployment, where ECS itself shifts. */
function groupsToCome(service: Service): readonly string[] {
  const others = loadBalancersOf(service).map(
    ({ advancedConfiguration: more }) => more?.alternateTargetGroupArn,
  );
  return [...groupsOf(service), ...others.filter((arn) => arn !== undefined)];
}

/**
 * Services of those given that own the weights of the pair, or of a rule that forwards to it: a listener's default
 * one as well, which ECS is told by its ARN like any other.
 */
export function foreignOwners(
  services: readonly Service[],
  pair: readonly string[],
  listeners: readonly Pick<ListenerFacts, 'rules'>[],
): readonly Owner[] {
  const rules = listeners
    .flatMap((listener) => listener.rules)
    .filter(({ split }) => split.some(({ targetGroupArn: arn }) => pair.includes(arn)))
    .map(({ ruleArn }) => ruleArn);
  return services.flatMap((service) => {
    const how = ownWay(service);
    if (how === undefined) return [];
    const isBound =
      groupsToCome(service).some((arn) => pair.includes(arn)) ||
      rulesOf(service).some((arn) => rules.includes(arn));
    return isBound ? [{ service: service.serviceName ?? '', how }] : [];
  });
}

function ownWay(service: Service): string | undefined {
  const controller = service.deploymentController?.type ?? 'ECS';
  if (controller !== 'ECS') return `controller ${controller}`;
  const strategy = service.deploymentConfiguration?.strategy ?? 'ROLLING';
  return strategy === 'ROLLING' ? undefined : `strategy ${strategy}`;
}

/** With CodeDeploy and external controllers the task sets hold them. */
function loadBalancersOf(service: Service): readonly LoadBalancer[] {
  return [
    ...(service.loadBalancers ?? []),
    ...(service.taskSets ?? []).flatMap((each) => each.loadBalancers ?? []),
  ];
}

function rulesOf(service: Service): readonly string[] {
  return loadBalancersOf(service).flatMap(({ advancedConfiguration: more }) =>
    [more?.productionListenerRule, more?.testListenerRule].filter((each) => each !== undefined),
  );
}
