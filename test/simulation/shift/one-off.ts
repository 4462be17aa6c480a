/** What became of the tasks that ran a story's command before the shift, by the journal of the world. */
import type { PreDeploy } from './asks.ts';
import type { OneOff } from './evidence-of-run.ts';
import type { Run } from './play.ts';
import type { Stage } from './stage.ts';
import type { Watch } from './watch.ts';

interface OneOffTask {
  readonly arn: string;
  readonly startedBy: string;
  readonly revision: string;
  readonly startedAt: number;
  endedAt: number;
  passed: boolean;
}

export function oneOffOf(stage: Stage, { oneOffs }: Watch, run: Run, kind: PreDeploy): OneOff {
  const tasks = tasksOf(stage, kind);
  const passes = new Map<string, number>();
  let beside = false;
  for (const { startedBy, startedAt, endedAt, passed } of tasks) {
    if (passed) passes.set(startedBy, (passes.get(startedBy) ?? 0) + 1);
    beside ||= tasks.some(
      (each) => each.startedBy === startedBy && each.startedAt > startedAt && each.startedAt < endedAt,
    );
  }
  const passed = tasks.filter((task) => task.passed && task.revision === run.wanted);
  return {
    kind,
    passedAt: Math.min(...passed.map((task) => task.endedAt)),
    mostPasses: Math.max(0, ...passes.values()),
    beside,
    denied: stage.region.world.kernel.journal.some(
      (entry) =>
        entry.kind === 'fault.hit' && entry.subject === 'RunTask denied' && entry.at >= run.startedAt,
    ),
    left: tasks
      .filter((task) => oneOffs.get(task.arn)?.run === run.name && task.endedAt === Number.POSITIVE_INFINITY)
      .map((task) => task.arn.split('/').at(-1) ?? ''),
  };
}

/** `endedAt`: when it was told to stop, or ended by itself. */
function tasksOf({ region: { world } }: Stage, kind: PreDeploy): readonly OneOffTask[] {
  const tasks = new Map<string, OneOffTask>();
  for (const { at, kind: what, subject, detail } of world.kernel.journal) {
    if (what !== 'ecs.task-state') continue;
    const startedBy = String(detail['startedBy']);
    const definition = detail['taskDefinition'];
    if (definition !== undefined && startedBy.startsWith('ips-deploy/')) {
      const revision = String(definition).split('/').at(-1) ?? '';
      if (!revision.startsWith('api:')) continue;
      const [endedAt, passed] = [Number.POSITIVE_INFINITY, false];
      tasks.set(subject, { arn: subject, startedBy, revision, startedAt: at, endedAt, passed });
    }
    const task = tasks.get(subject);
    if (task === undefined || detail['desiredStatus'] !== 'STOPPED') continue;
    task.endedAt = Math.min(task.endedAt, at);
    task.passed = kind === 'passes' && detail['stopCode'] === 'EssentialContainerExited';
  }
  return [...tasks.values()];
}
