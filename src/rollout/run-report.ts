/** The report of a run: one service in full, or several in a table with the details of those that failed. Pure. */
import type { KitEvent } from '../report/event.ts';
import { instructionsOf, type Report, type ReportSection } from '../report/report.ts';
import type { ServiceResult } from './carry-out.ts';
import { isGood, worstOf } from './outcome.ts';
import { runningCount, serviceOutputs } from './outputs.ts';
import { revisionName } from './plan.ts';
import { rolloutReport } from './report.ts';

export interface RunReportInput {
  /** Name or ARN. */
  readonly cluster: string;
  /** At least one. */
  readonly results: readonly ServiceResult[];
  readonly events: readonly KitEvent[];
  readonly startedAt: number;
  readonly endedAt: number;
}

export function isResultGood({ outcome }: ServiceResult): boolean {
  return isGood(outcome);
}

export function runReport(input: RunReportInput): Report {
  const { results } = input;
  return results.length === 1 ? serviceReport(input, results[0]!) : severalReport(input);
}

function serviceReport(input: RunReportInput, entry: ServiceResult): Report {
  const { name, outcome, result, service, definition } = entry;
  const cause = result?.follow?.diagnosis?.cause;
  const report = rolloutReport({
    title: `Rolling deploy of ${name}`,
    outcome,
    ok: isResultGood(entry),
    context: {
      service: name,
      revision: definition === undefined ? 'the new revision' : revisionName(definition),
      formerRevision: service === undefined ? undefined : lastPart(service.taskDefinitionArn),
    },
    follow: result?.follow,
    facts: [
      ['Cluster', lastPart(input.cluster)],
      ['Service', name],
      ['Task definition', definition === undefined ? '' : revisionName(definition)],
      ['Before', service === undefined ? '' : lastPart(service.taskDefinitionArn)],
      ['Healthy tasks', runningCount(entry)],
      ['Cause', cause?.code ?? ''],
      ['Service deployment', lastPart(result?.serviceDeploymentArn ?? '')],
    ].filter(([, value]) => value !== '') as [string, string][],
    events: input.events,
    startedAt: input.startedAt,
    endedAt: input.endedAt,
  });
  const sentence = [report.sentence, entry.note].filter(Boolean).join(' ');
  return { ...report, sentence, sections: [...report.sections, ...(entry.sections ?? [])] };
}

function severalReport(input: RunReportInput): Report {
  const { results } = input;
  const reports = results.map((entry) => ({ entry, report: serviceReport(input, entry) }));
  const failed = reports.filter(({ report }) => !report.ok);
  const worst = worstOf(results);
  const worstReport = reports.find(({ entry }) => entry === worst)!.report;
  const { startedAt, endedAt, events } = input;
  const sentence =
    failed.length === 0
      ? reports.map(({ report }) => report.sentence).join(' ')
      : `${failed.length} of ${results.length} services: ${failed
          .map(({ entry, report }) => `${entry.name}: ${report.sentence}`)
          .join(' ')}`;
  return {
    title: `Rolling deploy of ${results.length} services`,
    outcome: worst.outcome.kind,
    ok: failed.length === 0,
    sentence,
    ...(worstReport.remedy === undefined ? {} : { remedy: worstReport.remedy }),
    ...(worstReport.docs === undefined ? {} : { docs: worstReport.docs }),
    facts: [['Cluster', lastPart(input.cluster)]],
    sections: [serviceTable(results), ...failed.flatMap(({ entry, report }) => details(entry.name, report))],
    events,
    startedAt,
    endedAt,
  };
}

function serviceTable(results: readonly ServiceResult[]): ReportSection {
  return {
    kind: 'table',
    heading: 'Services',
    columns: ['service', 'outcome', 'task definition', 'before', 'healthy tasks', 'cause'],
    rows: results.map((entry) => {
      const outputs = serviceOutputs(entry);
      return [
        entry.name,
        [outputs.outcome, outputs.aftermath].filter(Boolean).join(', '),
        lastPart(outputs['task-definition-arn']),
        lastPart(outputs['previous-task-definition-arn']),
        outputs['running-count'],
        outputs.cause,
      ];
    }),
  };
}

/** What one of several services has to say for itself. */
function details(name: string, report: Report): readonly ReportSection[] {
  const text = [report.sentence, instructionsOf(report)].filter(Boolean).join('\n');
  return [
    { kind: 'text', heading: `${name}: ${report.outcome}`, text },
    ...report.sections.map((section) => ({ ...section, heading: `${name}: ${section.heading}` })),
  ];
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
