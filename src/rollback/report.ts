/** The report of a rollback, from what came of it. Pure. */
import type { KitEvent } from '../report/event.ts';
import type { Report, ReportSection } from '../report/report.ts';
import { rolloutReport } from '../rollout/report.ts';
import { isProven } from './carry-out.ts';
import type { Done } from './go-back.ts';
import { nameOf } from './history.ts';
import type { RollbackRequest } from './request.ts';
import { candidateSection } from './table.ts';
import { groupName } from './weights.ts';

export interface RollbackReportInput {
  readonly request: RollbackRequest;
  readonly done: Done;
  readonly ok: boolean;
  readonly events: readonly KitEvent[];
  readonly startedAt: number;
  readonly endedAt: number;
}

export function rollbackReport({ request, done, ok, ...rest }: RollbackReportInput): Report {
  const { outcome, mode } = done;
  const list = request.mode === 'list';
  const service = done.service?.name ?? request.service;
  const report = rolloutReport({
    title: `${list ? 'Revisions' : 'Rollback'} of ${service}`,
    outcome,
    ok,
    context: {
      service,
      revision: nameOf(done.to) || 'the former revision',
      formerRevision: undefined,
    },
    follow: done.follow,
    facts: [
      ['Reason', request.reason],
      ['Cluster', nameOf(request.cluster)],
      [list ? 'Serves now' : 'From', nameOf(done.from)],
      ['To', nameOf(done.to)],
      ['How', mode],
    ].filter(([, value]) => value !== '') as [string, string][],
    ...rest,
  });
  const sections: readonly ReportSection[] =
    done.listed === undefined || done.listed.candidates.length === 0 ? [] : [candidateSection(done.listed)];
  const remedy = remedyOf(done);
  return {
    ...report,
    ...(sentenceOf(done) === undefined ? {} : { sentence: sentenceOf(done)! }),
    ...(remedy === undefined ? {} : { remedy }),
    sections: [...sections, ...report.sections],
  };
}

function sentenceOf(done: Done): string | undefined {
  const { outcome, mode } = done;
  if (mode === 'weights' && outcome.kind === 'succeeded') {
    return `${groupName(done.to)} has all the weight again, with ${outcome.runningCount} healthy targets.`;
  }
  if (mode === 'weights' && outcome.kind === 'unobserved') {
    return `All the weight was to go to ${groupName(done.to)}, and whether it did is not known: ${outcome.operation}: ${outcome.reason}`;
  }
  if (mode === 'stop-in-flight' && outcome.kind === 'rolled-back' && isProven(done)) {
    return `The deployment of ${nameOf(done.from)} was stopped, and ${nameOf(done.to)} serves again.`;
  }
  if (outcome.kind === 'cancelled' && outcome.aftermath === 'untouched') {
    return 'The job was cancelled before the way back began: nothing was changed.';
  }
  return undefined;
}

/** Where it differs from a deployment's: this is the way out already, so ECS is left to it. */
function remedyOf({ outcome, mode }: Done): string | undefined {
  const left = (outcome.kind === 'cancelled' || outcome.kind === 'timed-out') && outcome.aftermath === 'left';
  return left && mode !== ''
    ? 'ECS goes on with the way back by itself. Run this job again: it takes up what was begun, proves it, and marks the bad revision.'
    : undefined;
}
