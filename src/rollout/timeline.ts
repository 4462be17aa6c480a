/**
 * A rollout as a picture: a Gantt chart in Mermaid, which GitHub draws in job summaries. Pure; bounded in
 * size; nothing that an application or AWS says reaches it but through `label`.
 * @see https://mermaid.js.org/syntax/gantt.html
 */
import type { ServiceDeploymentFacts } from '../aws/ecs-service-deployments.ts';
import type { TaskFacts } from '../aws/ecs-tasks.ts';
import type { KitEvent } from '../report/event.ts';
import { decidingContainer, taskFailure } from './stopped-task.ts';

export interface TimelineInput {
  /** `family:revision` */
  readonly revision: string;
  readonly outcome: string;
  readonly ok: boolean;
  readonly events: readonly KitEvent[];
  readonly serviceDeployment: ServiceDeploymentFacts;
  /** Tasks of this deployment, ended ones and running ones. */
  readonly tasks: readonly TaskFacts[];
  /** Names of the containers whose end ends a task; empty means all. */
  readonly essentialContainers: ReadonlySet<string>;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Bars of tasks that are drawn at most: the first and the last of them. */
const tasksShown = 12;
const labelLimit = 40;

interface Row {
  readonly label: string;
  readonly tags: readonly string[];
  readonly from: number;
  /** Left out for a moment. */
  readonly to?: number;
}

export function drawTimeline(input: TimelineInput): string {
  const { startedAt, endedAt, serviceDeployment, events } = input;
  const rollbackAt = events.find(({ code }) => code === 'rollout.rolling-back')?.at;
  const begun = serviceDeployment.createdAt;
  const turned = rollbackAt ?? endedAt;
  const deployment: Row[] = [
    { label: input.revision, tags: [input.ok ? 'active' : 'crit'], from: begun, to: Math.max(begun, turned) },
    ...(rollbackAt === undefined
      ? []
      : [{ label: 'rollback', tags: ['active'], from: rollbackAt, to: Math.max(rollbackAt, endedAt) }]),
  ];
  const shown = ends(input.tasks, tasksShown);
  const left = input.tasks.length - shown.length;
  const base = Math.min(startedAt, begun);
  const lines = [
    'gantt',
    '  dateFormat YYYY-MM-DD HH:mm:ss',
    `  axisFormat ${endedAt - base < 3_600_000 ? '%M:%S' : '%H:%M'}`,
    `  tickInterval ${tickOf(endedAt - base)}`,
    '  todayMarker off',
    '  section Rollout',
    ...deployment.map((row) => draw(row, base)),
  ];
  if (shown.length > 0) {
    lines.push(`  section ${left === 0 ? 'Tasks' : `Tasks (${left} more)`}`);
    lines.push(...shown.map((task) => draw(taskRow(task, input.essentialContainers, endedAt), base)));
  }
  lines.push('  section Moments', ...moments(input).map((row) => draw(row, base)));
  return lines.join('\n');
}

function taskRow(task: TaskFacts, essential: ReadonlySet<string>, endedAt: number): Row {
  const id = task.id.slice(0, 8);
  const ended = task.stoppingAt ?? task.stoppedAt;
  const to = Math.max(task.createdAt, Math.min(ended ?? endedAt, endedAt));
  const row = (how: string, tag: string): Row => ({
    label: `task ${id} ${how}`,
    tags: [tag],
    from: task.createdAt,
    to,
  });
  if (ended === undefined && task.desiredStatus !== 'STOPPED')
    return row(task.lastStatus.toLowerCase(), 'active');
  const failure = taskFailure(task, essential);
  if (failure === undefined) return row('stopped', 'done');
  const exit = decidingContainer(task.containers, essential)?.exitCode;
  return row(
    failure.code === 'container-exited' && exit !== undefined ? `exit ${exit}` : failure.code,
    'crit',
  );
}

function moments({ events, outcome, ok, endedAt }: TimelineInput): readonly Row[] {
  const rows: Row[] = [];
  const mark = (code: RegExp, label: string): void => {
    const event = events.find((each) => code.test(each.code));
    if (event !== undefined) rows.push({ label, tags: ['milestone', 'crit'], from: event.at });
  };
  mark(/^rollout\.task-failed$/, 'first failure seen');
  mark(/^rollout\.(failed|timed-out|cancelled)$/, 'given up');
  mark(/^rollout\.rolling-back$/, rollbackLabel(events));
  mark(/^rollout\.unproven$/, 'done for ECS');
  rows.push({ label: `verdict ${outcome}`, tags: ['milestone', ok ? 'done' : 'crit'], from: endedAt });
  return rows;
}

/** Who turned it back, in words of ours. */
function rollbackLabel(events: readonly KitEvent[]): string {
  const reason = events.find(({ code }) => code === 'rollout.rolling-back')?.message ?? '';
  if (/circuit breaker/i.test(reason)) return 'circuit breaker rolls back';
  return /alarm/i.test(reason) ? 'alarm rolls back' : 'ECS rolls back';
}

/** Clocks of AWS and of the runner may differ a little: nothing is drawn before the beginning. */
function draw({ label: text, tags, from, to }: Row, base: number): string {
  const begin = Math.max(from, base);
  const parts = [
    ...tags,
    stamp(begin, base),
    to === undefined ? '0s' : stamp(Math.max(to, begin + 1000), base),
  ];
  return `    ${label(text)} :${parts.join(', ')}`;
}

/**
 * Time since the beginning, as a time of day: the chart is drawn in the reader's time zone, and a duration
 * reads the same in all of them.
 */
function stamp(at: number, base: number): string {
  const seconds = Math.round((at - base) / 1000);
  const day = String(1 + Math.floor(seconds / 86_400)).padStart(2, '0');
  const two = (value: number): string => String(value).padStart(2, '0');
  return `2000-01-${day} ${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** About eight ticks. */
function tickOf(lengthMs: number): string {
  const steps = [5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600];
  const wanted = lengthMs / 8000;
  const seconds = steps.find((step) => step >= wanted) ?? 86_400;
  return seconds < 60 ? `${seconds}second` : `${seconds / 60}minute`;
}

/** Letters, digits and a few signs: no colon, semicolon, hash, quote, percent sign or line end. */
export function label(text: string): string {
  const plain = text
    .replace(/:/g, ' rev ')
    .replace(/[^\p{L}\p{N} ._/-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length > labelLimit ? `${plain.slice(0, labelLimit - 1)}…` : plain;
}

function ends<T>(list: readonly T[], limit: number): readonly T[] {
  const half = limit / 2;
  return list.length <= limit ? list : [...list.slice(0, half), ...list.slice(-half)];
}
