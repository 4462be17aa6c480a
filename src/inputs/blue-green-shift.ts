/** Inputs of the blue-green-shift action. */
import type { ForwardLocation } from '../aws/elb-forward.ts';
import { formatDuration } from '../report/duration.ts';
import { type AnnounceRequest, announceFields, announceOf, announceProblems } from './announce-fields.ts';
import { beginFields, maintenanceOf, maintenanceProblems } from './begin-fields.ts';
import { clusterName, serviceName, taskDefinitionRef } from './ecs-names.ts';
import {
  bool,
  choice,
  duration,
  type Field,
  integer,
  list,
  matching,
  optional,
  text,
  withDefault,
} from './field.ts';
import { jobLimitFields, jobLimitsOf } from './job-limits.ts';
import { checked, type InputProblem, type ParseResult, parseFields, type RawInputs } from './parse.ts';
import { preDeployFields, preDeployOf, preDeployProblems } from './pre-deploy.ts';
import { probeTaskFields, probeTaskOf, probeTaskProblems } from './probe-task.ts';
import { type RoleRequest, roleField } from './role-field.ts';
import { codes, guard, ladderOrAuto, longestAutoLadder, rate, tasksKept, tasksLeft } from './shift-fields.ts';
import { checksOf, gateFields, objectivesOf } from './shift-gates.ts';
import { acceptable, type ShiftRequest } from './shift-request.ts';

export interface BlueGreenShiftRequest extends ShiftRequest, RoleRequest {
  /** For the comparison of commits. */
  readonly githubToken: string | undefined;
  /** Where the report is written as JSON. */
  readonly reportPath: string | undefined;
  /** Promoted images that are kept from lifecycle policies; 0: none are. */
  readonly keepImages: number;
  /** Where the events are written as JSON lines. */
  readonly eventsPath: string | undefined;
  /** Where the flight recorder writes what was seen and decided. */
  readonly recordingPath: string | undefined;
  /** Absent: nobody is told. */
  readonly announce?: AnnounceRequest | undefined;
}

const hour = 3_600_000;
const longestBakeMs = 24 * hour;

const elbArn = (resource: string): RegExp =>
  new RegExp(`^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\\d{12}:${resource}$`);

const targetGroup = (): Field<string> =>
  matching(
    new RegExp(
      `${elbArn('targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]+').source}|^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$`,
    ),
    'the name or the ARN of a target group',
  );

const baseUrl = (): Field<string> =>
  matching(/^https?:\/\/[^\s/?#@]+\/?$/, 'scheme, host and port only, such as http://127.0.0.1:8080');

export const fields = {
  'listener-rule-arn': optional(
    matching(elbArn('listener-rule/app/[^/\\s]+/[^/\\s]+/[^/\\s]+/[^/\\s]+'), 'the ARN of a listener rule'),
  ),
  'listener-arn': optional(
    matching(elbArn('listener/app/[^/\\s]+/[^/\\s]+/[^/\\s]+'), 'the ARN of a listener'),
  ),
  'blue-target-group': optional(targetGroup()),
  'green-target-group': optional(targetGroup()),
  cluster: optional(clusterName()),
  'blue-service': optional(serviceName()),
  'green-service': optional(serviceName()),
  'task-definition': optional(taskDefinitionRef()),
  'desired-count': optional(integer(1, 5000)),
  steps: withDefault(ladderOrAuto(), [10, 50, 100]),
  'exposure-budget': withDefault(integer(1, 1_000_000), 100),
  'bake-time': withDefault(list(duration(0, longestBakeMs)), [5 * 60_000]),
  'probe-paths': optional(list(matching(/^\/\S*$/, 'a path that begins with /'))),
  'probe-count': withDefault(integer(0, 10_000), 300),
  'probes-per-step': withDefault(integer(0, 10_000), 120),
  'probe-header': withDefault(
    matching(/^[A-Za-z0-9-]{1,40}$/, 'the name of an HTTP header, up to 40 letters, digits and -'),
    'x-ips-probe',
  ),
  'probe-timeout': withDefault(duration(100, 60_000), 5000),
  'probe-codes': withDefault(codes(), [{ from: 200, to: 499 }]),
  'probe-url': optional(baseUrl()),
  ...probeTaskFields,
  'probe-host': optional(matching(/^[A-Za-z0-9.-]{1,253}$/, 'a host name')),
  'test-rule-priority': optional(integer(1, 50_000)),
  'test-rule-login': withDefault(choice('copy', 'none'), 'copy'),
  'max-5xx-rate': withDefault(rate(), 0.005),
  'client-errors': withDefault(choice('ignore', 'judge'), 'ignore'),
  alarms: withDefault(list(text('the name of a CloudWatch alarm')), []),
  ...gateFields,
  'blue-after': withDefault(tasksLeft(), 'keep'),
  'keep-blue-for': withDefault(duration(0, 24 * hour), 0),
  'keep-blue-at': withDefault(tasksKept(), 'all'),
  until: optional(integer(1, 99)),
  ...preDeployFields,
  ...beginFields,
  'past-breaking-schema': withDefault(choice('refuse', 'accept'), 'refuse'),
  guard: optional(guard()),
  unattended: withDefault(choice('refuse', 'accept'), 'refuse'),
  'other-rules': withDefault(choice('refuse', 'together'), 'refuse'),
  'max-extra-tasks': optional(integer(0, 5000)),
  ...jobLimitFields,
  'on-interrupted': withDefault(
    choice('resume', 'resume-only', 'rollback', 'rollback-only', 'judge', 'report'),
    'resume',
  ),
  'rest-limit': optional(duration(60_000, 30 * 24 * hour)),
  'green-after-rollback': withDefault(choice('keep', 'scale-to-zero'), 'scale-to-zero'),
  'ready-timeout': withDefault(duration(10_000, 24 * hour), 15 * 60_000),
  timeout: withDefault(duration(10_000, 72 * hour), hour),
  'on-cancel': withDefault(choice('rollback', 'leave'), 'rollback'),
  accept: withDefault(list(choice(...acceptable)), []),
  'dry-run': withDefault(bool(), false),
  'keep-images': withDefault(integer(0, 100), 0),
  report: optional(text('a file path')),
  events: optional(text('a file path')),
  recording: optional(text('a file path')),
  ...announceFields,
  ...roleField,
};

export function parseBlueGreenShift(raw: RawInputs): ParseResult<BlueGreenShiftRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  const problems: InputProblem[] = [];
  const problem = (input: string, allowed: string): void => {
    problems.push({ input, given: (raw[input] ?? '').trim() || '(nothing)', allowed });
  };
  const ruleArn = given['listener-rule-arn'];
  const listenerArn = given['listener-arn'];
  let location: ForwardLocation = { kind: 'rule', ruleArn: ruleArn ?? '' };
  if (ruleArn === undefined && listenerArn !== undefined) location = { kind: 'default-action', listenerArn };
  if ((ruleArn === undefined) === (listenerArn === undefined)) {
    problem('listener-rule-arn', 'exactly one of listener-rule-arn and listener-arn');
  }
  const { cluster, timeout } = given;
  const steps = given.steps === 'auto' ? [] : given.steps;
  const stepCount = given.steps === 'auto' ? 1 : steps.length;
  const bakes = given['bake-time'];
  if (bakes.length !== 1 && bakes.length !== stepCount) {
    problem(
      'bake-time',
      given.steps === 'auto'
        ? 'one duration, where the steps are made'
        : `one duration, or one for each of the ${steps.length} steps`,
    );
  }
  const bakeTimesMs = bakes.length === 1 ? steps.map(() => bakes[0] ?? 0) : bakes;
  const totalMs =
    given.steps === 'auto'
      ? (longestAutoLadder + (given.until === undefined ? 0 : 1)) * (bakes[0] ?? 0)
      : bakeTimesMs.reduce((sum, bakeMs) => sum + bakeMs, 0);
  if (totalMs >= timeout) {
    problem('timeout', `longer than all bakes together (${formatDuration(totalMs)})`);
  }
  if (given['check-json'] !== undefined && given['check-url'] === undefined) {
    problem('check-json', 'only beside check-url');
  }
  if (given['keep-blue-for'] > 0 && given['blue-after'] === 'keep') {
    problem('keep-blue-for', 'only with a blue-after that scales blue down: with keep it stays anyway');
  }
  const keepBlueAt = given['keep-blue-at'];
  if (keepBlueAt !== 'all') {
    if (given['keep-blue-for'] === 0) problem('keep-blue-at', 'only with keep-blue-for: for how long');
    const [kept, after] = ['tasks' in keepBlueAt ? keepBlueAt.tasks : undefined, given['blue-after']];
    if (kept !== undefined && after !== 'keep' && kept < after) {
      problem('keep-blue-at', `no fewer tasks than blue-after leaves (${after})`);
    }
    if (cluster === undefined) problem('cluster', 'the cluster of keep-blue-at');
  }
  // Where the steps are made, this becomes one of them.
  if (given.until !== undefined && given.steps !== 'auto' && !steps.includes(given.until)) {
    problem('until', `one of the steps below 100: ${steps.slice(0, -1).join(', ') || 'there is none'}`);
  }
  const rests =
    given.until !== undefined ? 'until' : given['on-cancel'] === 'leave' ? 'on-cancel' : undefined;
  const mayRest = rests !== undefined && !['rollback-only', 'judge'].includes(given['on-interrupted']);
  if (mayRest && given.guard === undefined && given.unattended === 'refuse') {
    problem(
      'guard',
      `needed with ${rests}: ${fields.guard.allowed}; or unattended: accept, where weights may rest with nobody watching`,
    );
  }
  if (given['rest-limit'] !== undefined && given['on-interrupted'] !== 'judge') {
    problem('rest-limit', 'only with on-interrupted: judge');
  }
  problems.push(
    ...preDeployProblems(given, raw),
    ...maintenanceProblems(given),
    ...probeTaskProblems(given, raw),
    ...announceProblems(given, raw),
  );
  for (const input of [
    'blue-service',
    'green-service',
    'task-definition',
    'desired-count',
    'pre-deploy-command',
  ] as const) {
    if (given[input] !== undefined && cluster === undefined) problem('cluster', `the cluster of ${input}`);
  }
  const { jobTimeoutMs, credentialsEndAt } = jobLimitsOf(given);
  return checked(
    {
      location,
      blueTargetGroup: given['blue-target-group'],
      greenTargetGroup: given['green-target-group'],
      cluster,
      blueService: shortName(given['blue-service']),
      greenService: shortName(given['green-service']),
      taskDefinition: given['task-definition'],
      desiredCount: given['desired-count'],
      steps,
      exposureBudget: given.steps === 'auto' ? given['exposure-budget'] : undefined,
      bakeTimesMs: given.steps === 'auto' ? bakes : bakeTimesMs,
      probes: {
        paths: given['probe-paths'],
        header: given['probe-header'],
        count: given['probe-count'],
        perStep: given['probes-per-step'],
        timeoutMs: given['probe-timeout'],
        baseUrl: given['probe-url']?.replace(/\/$/, ''),
        host: given['probe-host'],
        goodCodes: given['probe-codes'],
        task: probeTaskOf(given),
      },
      testRulePriority: given['test-rule-priority'],
      testRuleLogin: given['test-rule-login'],
      maxErrorRate: given['max-5xx-rate'],
      clientErrors: given['client-errors'],
      alarms: given.alarms,
      objectives: objectivesOf(given),
      checks: checksOf(given),
      blueAfter: given['blue-after'],
      keepBlueMs: given['keep-blue-for'],
      keepBlueAt,
      until: given.until,
      onInterrupted: given['on-interrupted'],
      restLimitMs: given['rest-limit'],
      preDeploy: preDeployOf(given),
      maintenance: maintenanceOf(given),
      guardStale: given['guard-stale'],
      githubToken: given['github-token'],
      schema: given.schema,
      pastBreakingSchema: given['past-breaking-schema'],
      guard: given.guard,
      unattended: given.unattended === 'accept',
      maxExtraTasks: given['max-extra-tasks'],
      jobTimeoutMs,
      credentialsEndAt,
      renewsCredentials: given['role-to-assume'] !== undefined,
      otherRules: given['other-rules'],
      greenAfterRollback: given['green-after-rollback'],
      readyTimeoutMs: given['ready-timeout'],
      timeoutMs: timeout,
      onCancel: given['on-cancel'],
      accept: given.accept,
      dryRun: given['dry-run'],
      keepImages: given['keep-images'],
      reportPath: given.report,
      eventsPath: given.events,
      recordingPath: given.recording,
      announce: given['dry-run'] ? undefined : announceOf(given),
      roleToAssume: given['role-to-assume'],
    },
    problems,
  );
}

/** Services are found by their names, whichever way they are given. */
function shortName(service: string | undefined): string | undefined {
  return service?.slice(service.lastIndexOf('/') + 1);
}
