/** A blue/green shift from request to result: gather, preflight, plan, run, report. */
import { patient, withRetries } from '../aws/retry.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import type { KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import { writeReport } from '../rollout/write-report.ts';
import type { GitHubApi } from '../runner/github-api.ts';
import { beginShift } from './begin-shift.ts';
import { createChanges } from './changes.ts';
import { clearTheWay } from './clear-the-way.ts';
import { nothingThere } from './early-end.ts';
import { clusterOf } from './find-cluster.ts';
import { type Gathered, gather } from './gather.ts';
import { type FilePorts, type LineFile, openLines } from './line-file.ts';
import { lookAtRule } from './look-at-rule.ts';
import type { RunCheck } from './own-check.ts';
import type { ShiftPlan } from './plan.ts';
import type { Prober } from './prober.ts';
import { holderName } from './record.ts';
import { createRecorder, type Recorder } from './recording.ts';
import { refusedBy } from './refused-by.ts';
import { orderedRequest } from './rest.ts';
import type { ShiftRun } from './run-plan.ts';
import { createStaleGuard } from './stale.ts';
import type { ShiftState } from './state.ts';
import { isLeftoverOrder } from './take-back-only.ts';

export type ShiftPorts = FilePorts &
  Pick<ActionPorts, 'aws' | 'runner' | 'clock' | 'random' | 'context' | 'onEvent'> & {
    /** The value of the test rule's header: drawn anew for each run, masked. */
    readonly drawSecret: () => string;
    readonly runCheck: RunCheck;
    /** Absent: GitHub is not asked whether this run is older than what serves. */
    readonly github?: Pick<GitHubApi, 'compare'>;
    readonly createProber: (settings: { readonly plan: ShiftPlan; readonly headerValue: string }) => Prober;
    readonly readFile: (path: string) => Promise<string>;
    /** Told of every state after a decision was made in it; simulations check their laws here. */
    readonly onState?: (state: ShiftState) => void;
  };

/** A request, and the files in which it is told what came of it. */
export type RequestWithReport = ShiftRequest & {
  readonly reportPath: string | undefined;
  readonly eventsPath: string | undefined;
  readonly recordingPath: string | undefined;
  readonly keepImages: number;
};

export async function executeShift(request: RequestWithReport, ports: ShiftPorts): Promise<ActionResult> {
  const { eventsPath, recordingPath, reportPath } = request;
  const open = (path: string | undefined): Promise<LineFile> | undefined =>
    path === undefined ? undefined : openLines(ports, path);
  const [events, recording] = await Promise.all([open(eventsPath), open(recordingPath)]);
  const recorder = recording === undefined ? undefined : createRecorder(recording.add);
  const run = startRun(ports, request, recorder, (happened) => events?.add(eventLine(happened)));
  const result = await shift(run, request).catch((error: unknown) => refusedBy(run, request, error));
  for (const [path, file] of [
    [eventsPath, events],
    [recordingPath, recording],
  ] as const) {
    const problem = await file?.close();
    // The shift is done: a full disk takes nothing back.
    if (problem !== undefined) ports.runner.annotate('warning', `${path} is not whole: ${problem.message}`);
  }
  const { report, outputs } = result;
  await writeReport(ports, reportPath, report, outputs);
  return result;
}

/** Retries of one call of a cancelled job: several calls have to fit into what GitHub leaves it. */
const hurriedCallMs = 1000;
/** A sign of life that does not get through in this time is given up; the next one follows in a minute. */
const briefCallMs = 5000;

export function startRun(
  ports: ShiftPorts,
  { keepImages }: Pick<RequestWithReport, 'keepImages'>,
  recorder?: Recorder,
  told: (happened: KitEvent) => void = () => undefined,
): ShiftRun {
  const { clock, runner } = ports;
  const startedAt = clock.now();
  const events: KitEvent[] = [];
  const hurry = { signal: runner.cancelled, totalMs: hurriedCallMs };
  const retry = { clock, random: ports.random, hurry };
  return {
    ports,
    aws: withRetries(ports.aws, retry),
    briefly: withRetries(ports.aws, retry, { ...patient, totalMs: briefCallMs }),
    holder: holderName(ports.context),
    startedAt,
    events,
    changes: createChanges(),
    recorder,
    keepImages,
    record: (happened) => {
      events.push(happened);
      told(happened);
      ports.onEvent?.(happened);
      // Seen on the run's page at the moment of the decision, not only at the end.
      if (happened.code === 'gate.failed') runner.annotate('warning', happened.message);
      runner.info(renderLogLine(happened, startedAt));
    },
  };
}

/** One JSON object; times as ISO text. */
function eventLine({ at, code, level, message, data }: KitEvent): string {
  return JSON.stringify({
    at: new Date(at).toISOString(),
    code,
    level,
    message,
    ...(data === undefined ? {} : { data }),
  });
}

/** What the environment tells of the credentials counts where the workflow says nothing. */
function withCredentialsEnd(
  request: ShiftRequest,
  { credentialsEndAt }: ShiftPorts['context'],
): ShiftRequest {
  if (request.renewsCredentials || credentialsEndAt === undefined) return request;
  return { ...request, credentialsEndAt: request.credentialsEndAt ?? credentialsEndAt };
}

async function shift(run: ShiftRun, given: ShiftRequest): Promise<ActionResult> {
  const { aws, ports } = run;
  const { clock } = ports;
  const asked = withCredentialsEnd(given, ports.context);
  const order = isLeftoverOrder(asked.onInterrupted) ? asked.onInterrupted : undefined;
  let request = asked;
  if (order !== undefined) {
    const { forward, lock } = await lookAtRule(aws, asked);
    if (lock === undefined) return nothingThere(run, forward.split, order);
    request = orderedRequest(asked, lock, await clusterOf(aws, asked, lock, forward.split));
  }
  const look = (): Promise<Gathered> => gather(aws, request, clock.now(), ports.readFile);
  const guard = createStaleGuard(run, request);
  const latestAt = clock.now() + request.maintenance.timeoutMs;
  for (;;) {
    const way = await clearTheWay(run, request, guard, look);
    if (way.kind === 'ended') return way.result;
    // Its holder has put it away while we waited.
    if (order !== undefined) return nothingThere(run, way.gathered.facts.forward.split, order);
    const begun = await beginShift(run, request, { gathered: way.gathered, guard, latestAt });
    if (begun !== 'look-again') return begun;
  }
}
