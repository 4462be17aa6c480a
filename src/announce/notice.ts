/** What is told to topics and webhooks, as data: docs/notice.schema.json says the same for its readers. Pure. */
import type { ActionResult } from '../engine/action.ts';
import type { EventLevel, Json, KitEvent } from '../report/event.ts';
import { instructionsOf } from '../report/report.ts';
import type { RunContext } from '../runner/context.ts';

/** What a run is about, for those who do not know its inputs. */
export interface Subject {
  readonly action: 'rolling-deploy' | 'blue-green-shift' | 'rollback';
  readonly cluster: string | null;
  /** Names or ARNs, as they were given. */
  readonly services: readonly string[];
  /** ARN of the listener or of its rule, of a shift. */
  readonly listener: string | null;
}

interface NoticeBase extends Subject {
  /** Of this form: a field that is added does not change it. */
  readonly version: 1;
  /** The same for every attempt to deliver it. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** From 0, in the order in which things happened. */
  readonly sequence: number;
  readonly environment: string | null;
  readonly run: {
    readonly repository: string;
    readonly sha: string;
    readonly ref: string;
    readonly id: string;
    readonly attempt: string;
    readonly job: string;
    readonly actor: string;
    readonly url: string;
  };
  /** One sentence for people. Untrusted words of containers and of AWS may be in it. */
  readonly message: string;
}

export type Notice = NoticeBase &
  (
    | { readonly kind: 'started' }
    | {
        readonly kind: 'decision';
        /** Stable, for machines: `shift.weights-written`, `gate.failed`. */
        readonly code: string;
        readonly level: EventLevel;
        readonly data: { readonly [key: string]: Json };
      }
    | {
        readonly kind: 'ended';
        readonly ok: boolean;
        readonly outcome: string;
        /** Code of docs/troubleshooting.md; empty where there is none. */
        readonly cause: string;
        readonly remedy: string;
        readonly durationSeconds: number;
      }
  );

/** What every notice of a run has in common. */
export interface Origin {
  readonly subject: Subject;
  readonly environment: string | undefined;
  readonly context: RunContext;
}

type Own<Kind extends Notice['kind']> = Omit<
  Extract<Notice, { readonly kind: Kind }>,
  keyof NoticeBase | 'kind'
>;

/** GitHub and SNS both take more; a phone does not. */
const longestMessage = 2000;
const longestData = 16_384;

export function startedNotice(origin: Origin, sequence: number, at: number): Notice {
  return { ...base(origin, sequence, at, `${titleOf(origin.subject)} has begun.`), kind: 'started' };
}

export function decisionNotice(origin: Origin, sequence: number, event: KitEvent): Notice {
  const data = JSON.stringify(event.data ?? {}).length > longestData ? {} : (event.data ?? {});
  const own: Own<'decision'> = { code: event.code, level: event.level, data };
  return { ...base(origin, sequence, event.at, event.message), kind: 'decision', ...own };
}

export function endedNotice(origin: Origin, sequence: number, at: number, result: ActionResult): Notice {
  const { ok, outputs, report } = result;
  const own: Own<'ended'> = {
    ok,
    outcome: report.outcome,
    cause: outputs['cause'] ?? '',
    remedy: cut(instructionsOf(report)),
    durationSeconds: Math.max(0, Math.round((report.endedAt - report.startedAt) / 1000)),
  };
  return { ...base(origin, sequence, at, report.sentence), kind: 'ended', ...own };
}

/** A run that broke before it had a result: a defect, missing credentials, a file that cannot be read. */
export function brokenNotice(origin: Origin, sequence: number, at: number, message: string): Notice {
  const own: Own<'ended'> = { ok: false, outcome: 'error', cause: '', remedy: '', durationSeconds: 0 };
  return { ...base(origin, sequence, at, message), kind: 'ended', ...own };
}

function base(
  { subject, environment, context }: Origin,
  sequence: number,
  at: number,
  message: string,
): NoticeBase {
  const { repository, sha, ref, runId, runAttempt, job, actor } = context;
  const attempt = runAttempt || '1';
  const { action, cluster, services, listener } = subject;
  return {
    version: 1,
    id: [repository || 'local', runId || '0', attempt, job || 'job', action, ...services, at, sequence].join(
      '/',
    ),
    at: new Date(at).toISOString(),
    sequence,
    action,
    cluster,
    services,
    listener,
    environment: environment ?? null,
    run: { repository, sha, ref, id: runId, attempt, job, actor, url: runUrl(context) ?? '' },
    message: cut(message),
  };
}

/** The run's page; undefined outside of GitHub. */
export function runUrl({ serverUrl, repository, runId, runAttempt }: RunContext): string | undefined {
  if (serverUrl === '' || repository === '' || runId === '') return undefined;
  const attempt = runAttempt === '' ? '' : `/attempts/${runAttempt}`;
  return `${serverUrl.replace(/\/+$/, '')}/${repository}/actions/runs/${runId}${attempt}`;
}

/** `rolling-deploy of ips-api-service` */
export function titleOf({ action, services, listener }: Subject): string {
  const what = services.map((each) => each.slice(each.lastIndexOf('/') + 1)).join(', ');
  return `${action} of ${what || lastPart(listener ?? '') || 'a service'}`;
}

function lastPart(arn: string): string {
  const parts = arn.split('/');
  return parts[2] ?? arn;
}

function cut(text: string): string {
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage - 1)}…`;
}

/**
 * Whether an event of a run is a decision or shows one: what a person on call wants to know while it happens.
 * The rest (polls, plans, progress of tasks) stays in the log.
 */
export function isDecision({ code, level }: KitEvent): boolean {
  return level !== 'info' || decisions.has(code);
}

const decisions: ReadonlySet<string> = new Set([
  'rollout.started',
  'rollout.attached',
  'rollout.rolling-back',
  'rollout.going-back',
  'rollback.asked',
  'shift.weights-written',
  'shift.step-passed',
  'shift.promoted',
  'shift.paused',
  'shift.rests',
]);
