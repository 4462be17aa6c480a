/**
 * Which deployment strategies and controllers the lab carries. ROLLING under the ECS controller is in
 * `rolling-plan.ts`, BLUE_GREEN without managed traffic in `blue-green.ts`. Behind a load balancer a service of
 * BLUE_GREEN, LINEAR or CANARY is there with its first deployment, which has nothing to shift from; the shift itself,
 * and CodeDeploy's, take their places here.
 */

import type { DeploymentConfiguration, DeploymentController, LoadBalancer } from '@aws-sdk/client-ecs';
import { copyData } from '../plain-data.ts';
import { hookProblem } from './blue-green.ts';
import { invalidParameter, unsupported } from './errors.ts';

/**
 * @throws UnsupportedFeatureException for native strategies without a load balancer, InvalidParameterException for
 * faulty values
 */
export function checkDeploymentConfiguration(
  configuration: DeploymentConfiguration | undefined,
  loadBalancers: readonly LoadBalancer[],
): void {
  const strategy = configuration?.strategy ?? 'ROLLING';
  if (strategy !== 'ROLLING') checkNative(strategy, loadBalancers);
  const hooks = configuration?.lifecycleHooks ?? [];
  if (hooks.length > 0 && strategy === 'ROLLING') {
    throw invalidParameter('Lifecycle hooks need the deployment strategy BLUE_GREEN, LINEAR or CANARY.');
  }
  const problem = hooks.map(hookProblem).find((each) => each !== undefined);
  if (problem !== undefined) throw invalidParameter(problem);
  const bake = configuration?.bakeTimeInMinutes ?? 0;
  if (!Number.isInteger(bake) || bake < 0 || bake > 1440) {
    throw invalidParameter('The bakeTimeInMinutes must be between 0 and 1440.');
  }
  const minimum = configuration?.minimumHealthyPercent;
  const maximum = configuration?.maximumPercent;
  if (minimum !== undefined && (minimum < 0 || minimum > 100)) {
    throw invalidParameter('The minimumHealthyPercent must be between 0 and 100.');
  }
  if (maximum !== undefined && (maximum < 100 || maximum > 200)) {
    throw invalidParameter('The maximumPercent must be between 100 and 200.');
  }
  const threshold = configuration?.deploymentCircuitBreaker?.thresholdConfiguration;
  if (threshold !== undefined && !(Number.isInteger(threshold.value) && threshold.value! > 0)) {
    throw invalidParameter(
      `The circuit breaker's threshold must be a positive integer, and is ${threshold.value}.`,
    );
  }
  const alarms = configuration?.alarms;
  if (alarms?.enable === true && (alarms.alarmNames ?? []).length === 0) {
    throw invalidParameter('At least one alarm name is required where deployment alarms are enabled.');
  }
}

/** What ECS shifts traffic between, and by which rule: it asks for all of it. */
function checkNative(
  strategy: NonNullable<DeploymentConfiguration['strategy']>,
  loadBalancers: readonly LoadBalancer[],
): void {
  if (loadBalancers.length === 0 && strategy !== 'BLUE_GREEN') {
    throw unsupported(
      `The lab does not carry out the deployment strategy ${strategy} without a load balancer. Use BLUE_GREEN or ROLLING.`,
    );
  }
  for (const { advancedConfiguration: more } of loadBalancers) {
    if (more?.alternateTargetGroupArn && more.productionListenerRule && more.roleArn) continue;
    throw invalidParameter(
      `The deployment strategy ${strategy} needs an advancedConfiguration with alternateTargetGroupArn, productionListenerRule and roleArn for each load balancer.`,
    );
  }
}

/** @throws UnsupportedFeatureException where a deployment would have to shift traffic */
export function refuseNativeShift(
  { strategy = 'ROLLING' }: DeploymentConfiguration,
  loadBalancers: readonly LoadBalancer[],
): void {
  if (strategy === 'ROLLING' || loadBalancers.length === 0) return;
  throw unsupported(
    `The lab does not carry out the deployment strategy ${strategy} behind a load balancer yet: such a service has its first deployment alone. Use ROLLING.`,
  );
}

/** @throws UnsupportedFeatureException for EXTERNAL */
export function checkController(type: DeploymentController['type']): 'ECS' | 'CODE_DEPLOY' {
  if (type === undefined || type === 'ECS') return 'ECS';
  if (type === 'CODE_DEPLOY') return 'CODE_DEPLOY';
  throw unsupported(
    `The lab does not carry out the deployment controller ${type}: task sets are superseded. Use ECS.`,
  );
}

/** ECS's defaults for what was not given; what was given replaces the former value member by member. */
export function mergedConfiguration(
  former: DeploymentConfiguration | undefined,
  given: DeploymentConfiguration | undefined,
): DeploymentConfiguration {
  return {
    deploymentCircuitBreaker: { enable: false, rollback: false },
    maximumPercent: 200,
    minimumHealthyPercent: 100,
    strategy: 'ROLLING',
    bakeTimeInMinutes: 0,
    ...copyData(former ?? {}),
    ...withoutUndefined(copyData(given ?? {})),
  };
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<T>;
}
