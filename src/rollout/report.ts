/** The report of a rollout. Pure. */
import type { ContainerFacts, TaskFacts } from '../aws/ecs-tasks.ts';
import { formatDuration } from '../report/duration.ts';
import type { KitEvent } from '../report/event.ts';
import type { Report, ReportSection } from '../report/report.ts';
import { type Cause, describeCause } from './cause.ts';
import { causeSentence, type Diagnosis } from './diagnosis.ts';
import type { FollowResult } from './follow.ts';
import { isGood, type RolloutOutcome } from './outcome.ts';
import { type OutcomeContext, outcomeRemedy, outcomeSentence } from './sentences.ts';
import { decidingContainer, taskFailure } from './stopped-task.ts';
import { drawTimeline } from './timeline.ts';

export interface RolloutReportInput {
  readonly title: string;
  readonly outcome: RolloutOutcome;
  readonly context: OutcomeContext;
  /** Undefined where nothing was followed. */
  readonly follow: FollowResult | undefined;
  readonly facts: readonly (readonly [string, string])[];
  readonly events: readonly KitEvent[];
  readonly startedAt: number;
  readonly endedAt: number;
  /** Where it differs from the outcome's own: a rollback that was asked for is good. */
  readonly ok?: boolean;
}

/** Stopped tasks that are shown at most. */
const tasksShown = 10;

export function rolloutReport(input: RolloutReportInput): Report {
  const { outcome, context, follow } = input;
  const diagnosis = follow?.diagnosis;
  const cause = diagnosis?.cause;
  const described = cause === undefined ? undefined : describeCause(cause);
  const chosen = described?.remedy ?? outcomeRemedy(outcome);
  return {
    title: input.title,
    outcome: outcome.kind,
    ok: input.ok ?? isGood(outcome),
    sentence: withCause(outcomeSentence(outcome, context), diagnosis),
    ...(chosen === undefined ? {} : { remedy: chosen }),
    ...(described === undefined ? {} : { docs: described.docs }),
    facts: input.facts,
    events: input.events,
    sections: [
      ...timelineSections(input),
      ...(diagnosis === undefined ? [] : diagnosisSections(diagnosis, input.startedAt)),
    ],
    startedAt: input.startedAt,
    endedAt: input.endedAt,
  };
}

/** A picture where something was rolled out. */
function timelineSections(input: RolloutReportInput): readonly ReportSection[] {
  const { follow, outcome, context, events, startedAt, endedAt } = input;
  const serviceDeployment = follow?.last.serviceDeployment;
  if (serviceDeployment === undefined || outcome.kind === 'no-change') return [];
  const running = follow?.last.runningTasks?.filter((task) => task.startedBy === follow.deploymentId) ?? [];
  const stopped =
    follow?.last.stoppedTasks?.filter(({ id }) => !running.some((task) => task.id === id)) ?? [];
  const tasks = [...stopped, ...running].sort((one, other) => one.createdAt - other.createdAt);
  const text = drawTimeline({
    revision: context.revision,
    outcome: outcome.kind,
    ok: input.ok ?? isGood(outcome),
    events,
    serviceDeployment,
    tasks,
    essentialContainers: follow?.diagnosis?.essentialContainers ?? new Set(),
    startedAt,
    endedAt,
  });
  return [{ kind: 'text', heading: 'Course of the rollout', text, language: 'mermaid' }];
}

/** The cause is added where the outcome's own reason does not say it already, or said less of it. */
function withCause(sentence: string, diagnosis: Diagnosis | undefined): string {
  if (diagnosis === undefined) return sentence;
  const core = (cause: Cause): string => describeCause(cause).sentence;
  const { cause, firstSeenAs } = diagnosis;
  if (sentence.includes(core(cause))) return sentence;
  const said = core(firstSeenAs);
  return sentence.includes(said)
    ? sentence.replace(said, core(cause))
    : `${sentence} ${causeSentence(cause)}`;
}

function diagnosisSections(diagnosis: Diagnosis, startedAt: number): readonly ReportSection[] {
  const sections: ReportSection[] = [];
  if (diagnosis.stoppedTasks.length > 0) {
    sections.push({
      kind: 'table',
      heading: 'Stopped tasks',
      columns: ['task', 'after', 'code', 'reason', 'containers'],
      rows: tellingTasks(diagnosis).map((task) => taskRow(task, startedAt, diagnosis.essentialContainers)),
    });
  }
  if (diagnosis.unhealthyTargets.length > 0) {
    sections.push({
      kind: 'table',
      heading: 'Unhealthy targets',
      columns: ['target', 'state', 'reason', 'description'],
      rows: diagnosis.unhealthyTargets.flatMap((group) =>
        group.targets.map((target) => [
          `${target.id}:${target.port}`,
          target.state,
          target.reason ?? '',
          target.description ?? '',
        ]),
      ),
    });
  }
  if (diagnosis.log !== undefined) {
    const { container, taskId, lines } = diagnosis.log;
    sections.push({
      kind: 'text',
      heading: `Last ${lines.length === 1 ? 'line' : `${lines.length} lines`} of container ${container} in task ${taskId}`,
      text: lines.join('\n'),
    });
  }
  if (diagnosis.events.length > 0) {
    sections.push({
      kind: 'text',
      heading: 'Service events since the start',
      text: diagnosis.events
        .map((event) => `${after(event.at, startedAt)} ${brief(event.message)}`)
        .join('\n'),
    });
  }
  if (diagnosis.gaps.length > 0) {
    sections.push({ kind: 'text', heading: 'What could not be read', text: diagnosis.gaps.join('\n') });
  }
  return sections;
}

/** Those whose end says something against the revision; where there are none, all that ended. */
function tellingTasks({ stoppedTasks, essentialContainers }: Diagnosis): readonly TaskFacts[] {
  const failed = stoppedTasks.filter((task) => taskFailure(task, essentialContainers) !== undefined);
  return (failed.length > 0 ? failed : stoppedTasks).slice(0, tasksShown);
}

function taskRow(task: TaskFacts, startedAt: number, essential: ReadonlySet<string>): readonly string[] {
  const decided =
    task.stopCode === 'EssentialContainerExited'
      ? decidingContainer(task.containers, essential)?.name
      : undefined;
  return [
    task.id,
    endOf(task) === undefined ? '' : after(endOf(task)!, startedAt),
    task.stopCode ?? '',
    brief(task.stoppedReason ?? ''),
    task.containers
      .map((container) =>
        [
          container.name,
          container.exitCode === undefined ? undefined : `exit ${container.exitCode}`,
          container.reason,
          roleOf(container, decided, essential),
        ]
          .filter(Boolean)
          .join(' '),
      )
      .join(', '),
  ];
}

/** ARNs of target groups by their name, ids of tasks by their beginning, the service (it is in the title) not at all. */
function brief(words: string): string {
  return words
    .replace(/^\(service [^)]*\) /, '')
    .replace(/arn:aws[\w-]*:elasticloadbalancing:\S*?:targetgroup\/([^/\s]+)\/[0-9a-f]+/g, '$1')
    .replace(/\(task ([0-9a-f]{8})[0-9a-f]{24}\)/g, '(task $1)');
}

function endOf(task: TaskFacts): number | undefined {
  return task.stoppingAt ?? task.stoppedAt;
}

/** Its part in the end of the task, in words; undefined where there is nothing to tell apart. */
function roleOf(
  container: ContainerFacts,
  decided: string | undefined,
  essential: ReadonlySet<string>,
): string | undefined {
  if (essential.size > 0 && !essential.has(container.name)) return '(not essential)';
  if (decided === undefined) return undefined;
  return container.name === decided ? '(decided)' : '(stopped with it)';
}

function after(at: number, startedAt: number): string {
  return `+${formatDuration(Math.max(0, Math.round((at - startedAt) / 1000) * 1000))}`;
}
