/**
 * What the world knows about a rollout, asked of the world itself: no code of the kit decides here. The
 * outcome that users are told has to agree with it.
 */
import { cluster, type Region, service } from './region.ts';

export interface Truth {
  readonly desiredCount: number;
  /** Images of the tasks that run and are to run, by count. */
  readonly running: Readonly<Record<string, number>>;
  readonly allTargetsHealthy: boolean;
  /** Status of the service deployment that was followed; undefined where there is none. */
  readonly status: string | undefined;
  readonly newestDeploymentId: string;
  readonly serviceStatus: string;
}

export function truthOf(region: Region, serviceDeploymentArn: string | undefined): Truth {
  const { world, targetGroupArn } = region;
  const [found] = world.must('ecs', 'DescribeServices', { cluster, services: [service] }).services;
  const { taskArns } = world.must('ecs', 'ListTasks', { cluster, serviceName: service });
  const tasks: readonly { readonly lastStatus: string; readonly containers: readonly { image: string }[] }[] =
    taskArns.length === 0 ? [] : world.must('ecs', 'DescribeTasks', { cluster, tasks: taskArns }).tasks;
  const running: Record<string, number> = {};
  for (const task of tasks) {
    if (task.lastStatus !== 'RUNNING') continue;
    const image = task.containers[0]!.image;
    const tag = image.slice(image.lastIndexOf(':') + 1);
    running[tag] = (running[tag] ?? 0) + 1;
  }
  const health = world.must('elasticloadbalancing', 'DescribeTargetHealth', {
    TargetGroupArn: targetGroupArn,
  });
  const states: readonly string[] = health.TargetHealthDescriptions.map(
    (each: { TargetHealth: { State: string } }) => each.TargetHealth.State,
  );
  const deployments =
    serviceDeploymentArn === undefined || serviceDeploymentArn === ''
      ? []
      : world.must('ecs', 'DescribeServiceDeployments', { serviceDeploymentArns: [serviceDeploymentArn] })
          .serviceDeployments;
  return {
    desiredCount: found.desiredCount,
    running,
    allTargetsHealthy: states.filter((state) => state !== 'draining').every((state) => state === 'healthy'),
    status: deployments[0]?.status,
    newestDeploymentId: found.deployments[0]?.id ?? '',
    serviceStatus: found.status,
  };
}

/** What is wrong with the outcome that was told; empty where it agrees with the world. */
export function lies(
  outputs: Readonly<Record<string, string>>,
  truth: Truth,
  images: { readonly before: string; readonly wanted: string },
  /** The outcome itself says that AWS did not answer: it cannot know what came after. */
  blind: boolean,
): readonly string[] {
  const wrong: string[] = [];
  const claim = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(`${outputs['outcome']}: ${what}; the world: ${JSON.stringify(truth)}`);
  };
  const goesBack = truth.status === 'STOPPED' && truth.newestDeploymentId !== outputs['deployment-id'];
  const aftermath = (told: string): void => {
    switch (told) {
      case 'rolled-back':
        claim(truth.running[images.wanted] === undefined, 'the bad revision still runs');
        claim(
          (truth.running[images.before] ?? 0) >= Math.min(1, truth.desiredCount),
          'the former does not run',
        );
        break;
      case 'rolling-back':
        // By ECS itself, or by deploying the former revision where ECS had stopped without a way back.
        claim(/^ROLLBACK_/.test(truth.status ?? '') || goesBack, 'the deployment is not rolling back');
        break;
      case 'left':
        claim(!/^ROLLBACK_/.test(truth.status ?? '') || blind, 'the deployment was not left alone');
        break;
      default:
        break;
    }
  };
  switch (outputs['outcome']) {
    case 'succeeded':
      claim(truth.status === 'SUCCESSFUL', 'ECS does not call it SUCCESSFUL');
      claim((truth.running[images.wanted] ?? 0) >= truth.desiredCount, 'too few tasks run');
      claim(
        Object.keys(truth.running).every((image) => image === images.wanted),
        'others run too',
      );
      claim(truth.desiredCount > 0, 'nothing is desired');
      break;
    case 'rolled-back':
      claim(truth.status === 'ROLLBACK_SUCCESSFUL' || truth.status === 'STOPPED', 'nothing was rolled back');
      claim(truth.running[images.wanted] === undefined, 'the bad revision still runs');
      claim(
        (truth.running[images.before] ?? 0) >= Math.min(1, truth.desiredCount),
        'the former does not run',
      );
      break;
    case 'superseded':
      claim(truth.newestDeploymentId !== outputs['deployment-id'], 'no other deployment is newer');
      break;
    case 'stopped':
      claim(truth.status === 'STOPPED' || truth.serviceStatus !== 'ACTIVE', 'nothing was stopped');
      break;
    case 'zero-desired':
      claim(truth.desiredCount === 0, 'something is desired');
      break;
    case 'rollback-failed':
      claim(truth.status === 'ROLLBACK_FAILED', 'the rollback did not fail');
      break;
    case 'cancelled':
    case 'timed-out':
      aftermath(outputs['aftermath'] ?? '');
      break;
    default:
      claim(false, 'this outcome was not to be expected');
  }
  return wrong;
}
