/** A blue/green shift from request to result: gather, preflight, plan, run, report. */
import type { WeightSplit } from '../aws/elb-forward.ts';
import { patient, withRetries } from '../aws/retry.ts';
import type { ActionPorts, ActionResult } from '../engine/action.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import type { KitEvent } from '../report/event.ts';
import { renderLogLine } from '../report/summary.ts';
import { registerOnce } from '../rollout/start.ts';
import { buildPlan, unchanged } from './build-plan.ts';
import { event } from './decide.ts';
import { type Gathered, gather } from './gather.ts';
import type { Lock } from './interrupted.ts';
import { describeSplit } from './ladder.ts';
import { lockVerdict, waitForHolder } from './lock.ts';
import { lookAtRest } from './look-at-rest.ts';
import { lookAtRule } from './look-at-rule.ts';
import { outputsOf } from './outputs.ts';
import type { RunCheck } from './own-check.ts';
import { describePlan, revisionName, type ShiftPlan, type ShiftTask } from './plan.ts';
import { preDeploy } from './pre-deploy.ts';
import { preflight, type Refusal } from './preflight.ts';
import type { Prober } from './prober.ts';
import { holderName } from './record.ts';
import { createRecorder, type Recorder } from './recording.ts';
import { isGood, reportPlan, titleOf } from './report.ts';
import { orderedRequest } from './rest.ts';
import { runPlan, type ShiftRun } from './run-plan.ts';
import { foreseeableLack } from './safety.ts';
import type { Ending, ShiftState } from './state.ts';
import { isLeftoverOrder, type LeftoverOrder, nothingLeft } from './take-back-only.ts';

export type ShiftPorts = Pick<ActionPorts, 'aws' | 'runner' | 'clock' | 'random' | 'context'> & {
  /** The value of the test rule's header: drawn anew for each run, masked. */
  readonly drawSecret: () => string;
  readonly runCheck: RunCheck;
  readonly createProber: (settings: { readonly plan: ShiftPlan; readonly headerValue: string }) => Prober;
  readonly readFile: (path: string) => Promise<string>;
  readonly writeFile: (path: string, text: string) => Promise<void>;
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
  const run = startRun(ports, request, request.recordingPath === undefined ? undefined : createRecorder());
  const result = await shift(run, request);
  const { report, outputs } = result;
  const files: readonly (readonly [path: string | undefined, text: () => string])[] = [
    [request.eventsPath, () => report.events.map(eventLine).join('')],
    [request.recordingPath, () => run.recorder?.text() ?? ''],
  ];
  for (const [path, text] of files) if (path !== undefined) await ports.writeFile(path, text());
  if (request.reportPath !== undefined) {
    await ports.writeFile(request.reportPath, `${JSON.stringify({ ...report, outputs }, undefined, 2)}\n`);
  }
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
    recorder,
    keepImages,
    record: (happened) => {
      events.push(happened);
      // Seen on the run's page at the moment of the decision, not only at the end.
      if (happened.code === 'gate.failed') runner.annotate('warning', happened.message);
      runner.info(renderLogLine(happened, startedAt));
    },
  };
}

/** One JSON object a line; times as ISO text. */
export function eventLine({ at, code, level, message, data }: KitEvent): string {
  return `${JSON.stringify({ at: new Date(at).toISOString(), code, level, message, ...(data === undefined ? {} : { data }) })}\n`;
}

async function shift(run: ShiftRun, asked: ShiftRequest): Promise<ActionResult> {
  const { aws, record, holder, ports } = run;
  const { clock, runner } = ports;
  const order = isLeftoverOrder(asked.onInterrupted) ? asked.onInterrupted : undefined;
  let request = asked;
  if (order !== undefined) {
    const { forward, lock } = await lookAtRule(aws, asked);
    if (lock === undefined) return nothingThere(run, forward.split, order);
    request = orderedRequest(asked, lock);
  }
  const look = (): Promise<Gathered> => gather(aws, request, clock.now(), ports.readFile);
  let gathered = await look();
  // What a run before has left comes first: at most one shift to take back, and one to find in its place.
  for (let round = 0; gathered.facts.lock !== undefined; round++) {
    const { facts } = gathered;
    const { lock } = gathered.facts;
    const verdict = lockVerdict(gathered, request, holder, clock.now());
    if (verdict.kind === 'held' && order === 'judge') {
      const why = `${lock.record.holder} is alive and judges its shift itself.`;
      return stop(run, subjectOf(gathered), { kind: 'no-change', why }, why);
    }
    if (verdict.kind === 'held') {
      const waited = request.dryRun || round > 2 ? 'alive' : await waitForHolder(run, lock, verdict.until);
      if (waited === 'alive') {
        return refuse(run, gathered, [
          {
            code: 'another-shift',
            message: `Another shift is in progress: ${lock.record.holder} holds the test rule ${lock.ruleArn} and is alive.`,
          },
        ]);
      }
      gathered = await look();
      continue;
    }
    if (verdict.kind === 'report' || round > 4) {
      return refuse(run, gathered, [
        { code: 'interrupted-shift', message: interruptedHelp(lock.ruleArn, verdict) },
      ]);
    }
    record(event(clock.now(), 'shift.interrupted-found', 'warning', verdict.why));
    if (verdict.kind === 'judge') return judgeRest(run, gathered, request, lock);
    if (verdict.kind === 'resume') {
      const refusals = preflight(facts, request);
      if (refusals.length === 0) return carryOut(run, gathered, request, { kind: 'resume' });
      for (const each of refusals)
        record(event(clock.now(), `preflight.${each.code}`, 'warning', each.message));
      const why = refusals.map((each) => each.message).join(' ');
      return carryOut(run, gathered, request, {
        kind: 'take-back',
        cause: { code: 'interrupted', sentence: `${verdict.why} It cannot go on: ${why}` },
      });
    }
    const task: ShiftTask =
      verdict.kind === 'finish'
        ? { kind: 'finish' }
        : {
            kind: 'take-back',
            cause: { code: 'interrupted', sentence: verdict.why },
            asked: order === 'rollback-only',
          };
    const result = await carryOut(run, gathered, request, task);
    const done = result.outputs['outcome'] === (task.kind === 'finish' ? 'promoted' : 'rolled-back');
    const goesOn = order === undefined && (verdict.kind === 'finish' || verdict.thenShift);
    if (!done && result.outputs['outcome'] !== 'promoted-on-probes') return result;
    if (!goesOn || request.dryRun) return result;
    record(
      event(
        clock.now(),
        'shift.cleared',
        'notice',
        `${result.report.sentence} Now the shift that was asked for.`,
      ),
    );
    gathered = await look();
  }
  // Its holder has put it away while we waited.
  if (order !== undefined) return nothingThere(run, gathered.facts.forward.split, order);
  const why = unchanged(gathered, request);
  if (why !== undefined) return stop(run, subjectOf(gathered), { kind: 'no-change', why }, why);
  const refusals = [...preflight(gathered.facts, request)];
  if (refusals.length === 0) {
    const message = foreseeableLack(buildPlan(gathered, request), gathered.baseline);
    if (message !== undefined) refusals.push({ code: 'unproven', message });
    refusals.push(...(await checkReach(run, buildPlan(gathered, request))));
  }
  if (refusals.length > 0) return refuse(run, gathered, refusals);
  if (gathered.register !== undefined && !request.dryRun) {
    const registered = await registerOnce({ aws, clock, cancelled: runner.cancelled }, gathered.register);
    gathered = {
      ...gathered,
      definition: registered,
      facts: { ...gathered.facts, taskDefinitionArn: registered.arn },
    };
    record(
      event(clock.now(), 'task-definition.registered', 'info', `Registered ${revisionName(registered.arn)}.`),
    );
  }
  const service = gathered.facts.greenService ?? gathered.facts.blueService;
  const { definition } = gathered;
  const { cluster, preDeploy: migration } = request;
  if (migration !== undefined && !request.dryRun && cluster !== undefined && service && definition) {
    const failed = await preDeploy(run, { cluster, service, definition, request: migration });
    if (failed !== undefined) {
      const result = refuse(run, gathered, [failed.refusal]);
      const { report } = result;
      return { ...result, report: { ...report, sections: [...failed.sections, ...report.sections] } };
    }
  }
  return carryOut(run, gathered, request, { kind: 'shift' });
}

/** Plans, shows the plan, and does it unless this is a dry run. */
export async function carryOut(
  run: ShiftRun,
  gathered: Gathered,
  request: ShiftRequest,
  task: ShiftTask,
): Promise<ActionResult> {
  const plan = buildPlan(gathered, request, task);
  run.ports.runner.group(`Plan: ${titleOf(plan)}`, [
    `Weights now: ${describeSplit(gathered.facts.forward.split)}.`,
    ...describePlan(plan).map((line, index) => `${String(index + 1).padStart(2)}. ${line}`),
    ...plan.notes.map((note) => `Note: ${note}`),
  ]);
  if (request.dryRun) {
    return stop(
      run,
      subjectOf(gathered),
      { kind: 'planned' },
      'Dry run: this is what would be done. Nothing was changed.',
      plan,
    );
  }
  return runPlan(run, plan, gathered);
}

const reachTries = 3;
const reachPauseMs = 1000;

/** Can probes get to the load balancer at all? Asked of production's rule; any answer is one. */
async function checkReach(run: ShiftRun, plan: ShiftPlan): Promise<readonly Refusal[]> {
  const { clock, runner } = run.ports;
  const { baseUrl, count, perStep, paths } = plan.probes;
  if (count === 0 && perStep === 0) return [];
  const prober = run.ports.createProber({ plan, headerValue: 'preflight' });
  let reason = '';
  for (let attempt = 1; attempt <= reachTries; attempt++) {
    const answer = await prober.probe(paths[0] ?? '/', runner.cancelled);
    if (answer === undefined || answer.kind === 'answered') return [];
    reason = answer.reason;
    if (attempt < reachTries) await clock.sleep(reachPauseMs, runner.cancelled);
  }
  return [
    {
      code: 'unreachable',
      message: `Probes cannot reach ${baseUrl} from this runner (${reason}). Run the job inside the VPC (a self-hosted runner), give a probe-url that is reachable, or send no probes (probe-count: 0, probes-per-step: 0) and let check-command probe green by a one-off task in the VPC (aws ecs run-task, with the test rule's header).`,
    },
  ];
}

/** A rest goes on or goes back; neither goes further. */
async function judgeRest(
  run: ShiftRun,
  gathered: Gathered,
  request: ShiftRequest,
  lock: Lock,
): Promise<ActionResult> {
  const plan = buildPlan(gathered, request, { kind: 'resume' });
  const verdict = await lookAtRest(run, plan, gathered, lock, request.restLimitMs);
  switch (verdict.kind) {
    case 'rests':
      return stop(run, subjectOf(gathered), { kind: 'paused', percent: verdict.percent }, verdict.sentence);
    case 'stuck':
      return refuse(run, gathered, [verdict.refusal]);
    case 'take-back':
      return carryOut(run, gathered, request, { kind: 'take-back', cause: verdict.cause });
  }
}

/** No shift is there, or weights that nobody's test rule explains. */
function nothingThere(run: ShiftRun, split: WeightSplit, order: LeftoverOrder): ActionResult {
  const ending = nothingLeft(split, order);
  const blue = split.find((group) => group.weight > 0)?.targetGroupArn ?? '';
  const subject = {
    title: order === 'rollback-only' ? 'Taking a blue/green shift back' : 'A blue/green shift at rest',
    split,
    blue,
    green: '',
    greenService: undefined,
  };
  return ending.kind === 'refused'
    ? refuseAs(run, subject, ending.refusals)
    : stop(run, subject, ending, ending.why);
}

function refuse(run: ShiftRun, gathered: Gathered, refusals: readonly Refusal[]): ActionResult {
  return refuseAs(run, subjectOf(gathered), refusals);
}

function refuseAs(run: ShiftRun, subject: Subject, refusals: readonly Refusal[]): ActionResult {
  for (const refusal of refusals) {
    run.record(event(run.ports.clock.now(), `preflight.${refusal.code}`, 'error', refusal.message));
  }
  const count = refusals.length === 1 ? 'One finding speaks' : `${refusals.length} findings speak`;
  return stop(
    run,
    subject,
    { kind: 'refused', refusals },
    `Nothing was changed. ${count} against this shift: ${refusals.map((refusal) => refusal.message).join(' ')}`,
  );
}

function interruptedHelp(
  ruleArn: string,
  { why, help }: { readonly why: string; readonly help?: string },
): string {
  return help === undefined
    ? `${why} Run again with on-interrupted: resume or rollback-only. By hand: set the weights, then aws elbv2 delete-rule --rule-arn ${ruleArn}`
    : `${why} ${help}`;
}

/** What a run that ends before its shift is about. */
interface Subject {
  readonly title: string;
  readonly split: WeightSplit;
  readonly blue: string;
  readonly green: string;
  readonly greenService: string | undefined;
}

function subjectOf({ facts }: Gathered): Subject {
  const { blueGroup, greenGroup } = facts;
  return {
    title: `Blue/green shift from ${blueGroup.name} to ${greenGroup.name}`,
    split: facts.forward.split,
    blue: blueGroup.arn,
    green: greenGroup.arn,
    greenService: facts.greenService?.name,
  };
}

/** A shift that ends at its plan. */
function stop(
  run: ShiftRun,
  { title, split, blue, green, greenService }: Subject,
  ending: Ending | { readonly kind: 'planned' },
  sentence: string,
  plan?: ShiftPlan,
): ActionResult {
  const endedAt = run.ports.clock.now();
  return {
    ok: ending.kind === 'planned' || isGood(ending),
    outputs: outputsOf({
      outcome: ending.kind,
      blue,
      green,
      greenService,
      weights: split,
      cause: ending.kind === 'refused' ? ending.refusals.map((refusal) => refusal.code).join(',') : '',
      step: 0,
      harmed: 0,
      durationMs: endedAt - run.startedAt,
    }),
    report: reportPlan(plan, ending, title, sentence, run.events, { startedAt: run.startedAt, endedAt }),
  };
}
