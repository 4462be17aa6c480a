/** What a fault script's events do to the services. */
import type { WorldHands } from './faults/timed-events.ts';
import type { ServiceId } from './service.ts';
import type { World } from './world.ts';

interface TaskView {
  readonly taskArn?: string;
  readonly lastStatus?: string;
  readonly capacityProviderName?: string;
}

/** DescribeTasks takes this many. */
const describeLimit = 100;

function runningSpotTasks(world: World): readonly string[] {
  const read = (operation: string, input: object) => world.must('ecs' satisfies ServiceId, operation, input);
  const pages = (operation: string, input: object, member: string): readonly string[] => {
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const output = read(operation, { ...input, nextToken });
      arns.push(...output[member]);
      nextToken = output.nextToken;
    } while (nextToken !== undefined);
    return arns;
  };
  const found: string[] = [];
  for (const cluster of pages('ListClusters', {}, 'clusterArns')) {
    const tasks = pages('ListTasks', { cluster }, 'taskArns');
    for (let start = 0; start < tasks.length; start += describeLimit) {
      const output = read('DescribeTasks', { cluster, tasks: tasks.slice(start, start + describeLimit) });
      for (const task of output.tasks as readonly TaskView[]) {
        if (task.capacityProviderName === 'FARGATE_SPOT' && task.lastStatus === 'RUNNING')
          found.push(task.taskArn!);
      }
    }
  }
  return found;
}

export function worldHands(world: World): WorldHands {
  let gap: { endMs: number; readonly lostShare: number } | undefined;
  return {
    call: (request) => world.call(request),
    forceAlarm: (name, state) => {
      if (world.cloudwatch.alarmState(name) === undefined) return false;
      const StateReason = 'Set by a fault script';
      world.must('cloudwatch', 'SetAlarmState', { AlarmName: name, StateValue: state, StateReason });
      return true;
    },
    darkenZone: (zone) => world.ecs.killZone(zone),
    restoreZone: (zone) => world.ecs.restoreZone(zone),
    interruptSpot: (count) => {
      const left = [...runningSpotTasks(world)].sort();
      const rng = world.kernel.rng('fault.spot');
      let hit = 0;
      for (; hit < count && left.length > 0; hit++) {
        const [arn] = left.splice(rng.int(0, left.length - 1), 1);
        world.ecs.interruptSpotTask(arn!);
      }
      return hit;
    },
    loseMetrics: (durationMs) => {
      // Gaps may overlap: the longest one counts, and what was set before comes back after all of them.
      gap ??= { endMs: 0, lostShare: world.cloudwatch.publishing.lostShare };
      gap.endMs = Math.max(gap.endMs, world.kernel.now + durationMs);
      world.cloudwatch.setPublishing({ lostShare: 1 });
      world.kernel.after(durationMs, () => {
        if (gap === undefined || world.kernel.now < gap.endMs) return;
        world.cloudwatch.setPublishing({ lostShare: gap.lostShare });
        gap = undefined;
      });
    },
    delayMetrics: (minDelayMs, maxDelayMs) => world.cloudwatch.setPublishing({ minDelayMs, maxDelayMs }),
    findInScans: (digest, findings) => world.ecr.setScanFindings(digest, { findings }),
  };
}
