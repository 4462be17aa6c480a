/** Inputs of the rolling-deploy action. */

import { type AnnounceRequest, announceFields, announceOf, announceProblems } from './announce-fields.ts';
import { beginFields, type Maintenance, maintenanceOf, maintenanceProblems } from './begin-fields.ts';
import { clusterName, serviceName, type TaskDefinitionRef, taskDefinitionRef } from './ecs-names.ts';
import { type FailFastRules, failFastRules } from './fail-fast.ts';
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
import { type JobLimits, jobLimitFields, jobLimitsOf } from './job-limits.ts';
import {
  checked,
  type InputProblem,
  type ParseResult,
  parseFields,
  type RawInputs,
  shorten,
} from './parse.ts';
import { type PreDeployRequest, preDeployFields, preDeployOf, preDeployProblems } from './pre-deploy.ts';
import { resourceTags } from './resource-tags.ts';
import { type RoleRequest, roleField } from './role-field.ts';
import { type WatchRequest, watchFields, watchOf, watchProblems } from './watch-fields.ts';

/** What to do about a deployment that fails, or whose job is cancelled. */
export type GiveUpChoice = 'rollback' | 'stop' | 'leave';

/** One service, and what is to run in it. */
export interface RolloutTarget {
  /** Name or ARN. */
  readonly service: string;
  readonly taskDefinition: TaskDefinitionRef;
}

export interface RollingDeployRequest extends FailFastRules, RoleRequest {
  readonly cluster: string;
  /** At least one; each service once. */
  readonly targets: readonly RolloutTarget[];
  /** Undefined: the service's own count is not touched. */
  readonly desiredCount: number | undefined;
  readonly forceNewDeployment: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly pollInterval: 'auto' | { readonly fixedMs: number };
  readonly onFailure: GiveUpChoice;
  readonly onCancel: GiveUpChoice;
  readonly circuitBreaker: 'keep' | 'ensure';
  /** Undefined: nothing is run before. */
  readonly preDeploy: PreDeployRequest | undefined;
  /** A service with a desired count of 0 is updated, and its outcome is good. */
  readonly allowZeroDesired: boolean;
  /** Names of CloudWatch alarms. */
  readonly alarms: readonly string[];
  readonly alarmsInAlarm: 'refuse' | 'ignore';
  /** For revisions that this run registers. */
  readonly tags: ReadonlyMap<string, string>;
  readonly maintenance: Maintenance;
  /** Refuse where what serves was built from a commit that contains this one. */
  readonly guardStale: boolean;
  /** For the comparison of commits. */
  readonly githubToken: string | undefined;
  /** Absent: nobody is told. */
  readonly announce?: AnnounceRequest | undefined;
  readonly schema: 'breaking' | 'compatible';
  /** Absent: nobody looks once the rollout is done. */
  readonly watch?: WatchRequest;
  readonly dryRun: boolean;
  /** Where the report is written as JSON. */
  readonly reportPath: string | undefined;
  /** Promoted images that are kept from lifecycle policies; 0: none are. */
  readonly keepImages: number;
  /** Absent: not known. */
  readonly limits?: JobLimits;
}

const hour = 3_600_000;

function pollInterval(): Field<'auto' | { readonly fixedMs: number }> {
  const fixed = duration(500, 300_000);
  const allowed = `auto, or ${fixed.allowed}`;
  return {
    allowed,
    parse: (given) => {
      if (given.toLowerCase() === 'auto') return { ok: true, value: 'auto' };
      const parsed = fixed.parse(given);
      return parsed.ok ? { ok: true, value: { fixedMs: parsed.value } } : { ok: false, allowed };
    },
  };
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
function alarmName(): Field<string> {
  return matching(/^.{1,255}$/, 'the name of a CloudWatch alarm');
}

export const fields = {
  cluster: clusterName(),
  service: list(serviceName()),
  'task-definition': list(taskDefinitionRef()),
  'desired-count': optional(integer(0, 5000)),
  'force-new-deployment': withDefault(bool(), false),
  wait: withDefault(bool(), true),
  timeout: withDefault(duration(10_000, 24 * hour), 15 * 60_000),
  'poll-interval': withDefault(pollInterval(), 'auto'),
  'on-failure': withDefault(choice('rollback', 'stop', 'leave'), 'rollback'),
  'on-cancel': withDefault(choice('rollback', 'stop', 'leave'), 'rollback'),
  'fail-fast': failFastRules(),
  'circuit-breaker': withDefault(choice('keep', 'ensure'), 'keep'),
  ...preDeployFields,
  'allow-zero-desired': withDefault(bool(), false),
  alarms: withDefault(list(alarmName()), []),
  'alarms-in-alarm': withDefault(choice('refuse', 'ignore'), 'refuse'),
  tags: withDefault(resourceTags(), new Map<string, string>()),
  ...beginFields,
  ...watchFields,
  'dry-run': withDefault(bool(), false),
  'keep-images': withDefault(integer(0, 100), 0),
  report: optional(text('a file path')),
  ...jobLimitFields,
  ...announceFields,
  ...roleField,
};

export function parseRollingDeploy(raw: RawInputs): ParseResult<RollingDeployRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  return checked(
    {
      cluster: given.cluster,
      targets: given.service.map((service, index) => ({
        service,
        taskDefinition: given['task-definition'][index] ?? given['task-definition'][0]!,
      })),
      desiredCount: given['desired-count'],
      forceNewDeployment: given['force-new-deployment'],
      wait: given.wait,
      timeoutMs: given.timeout,
      pollInterval: given['poll-interval'],
      onFailure: given['on-failure'],
      onCancel: given['on-cancel'],
      ...given['fail-fast'],
      circuitBreaker: given['circuit-breaker'],
      preDeploy: preDeployOf(given),
      allowZeroDesired: given['allow-zero-desired'],
      alarms: [...new Set(given.alarms)],
      alarmsInAlarm: given['alarms-in-alarm'],
      tags: given.tags,
      maintenance: maintenanceOf(given),
      guardStale: given['guard-stale'],
      githubToken: given['github-token'],
      schema: given.schema,
      ...watchOf(given),
      dryRun: given['dry-run'],
      keepImages: given['keep-images'],
      reportPath: given.report,
      limits: jobLimitsOf(given),
      announce: given['dry-run'] ? undefined : announceOf(given),
      roleToAssume: given['role-to-assume'],
    },
    [
      ...targetProblems(given.service, given['task-definition'], raw),
      ...preDeployProblems(given, raw),
      ...maintenanceProblems(given),
      ...watchProblems(given, raw),
      ...breakerProblems(given),
      ...announceProblems(given, raw),
    ],
  );
}

function breakerProblems(given: {
  readonly 'circuit-breaker': string;
  readonly schema: string;
}): readonly InputProblem[] {
  if (given['circuit-breaker'] !== 'ensure' || given.schema !== 'breaking') return [];
  return [
    {
      input: 'circuit-breaker',
      given: 'ensure',
      allowed: 'keep beside schema: breaking, because the breaker would roll back past it',
    },
  ];
}

/** Services that one run follows at most: more would outgrow AWS's rates, and belong into a matrix of jobs. */
const servicesLimit = 20;

function targetProblems(
  services: readonly string[],
  definitions: readonly TaskDefinitionRef[],
  raw: RawInputs,
): readonly InputProblem[] {
  const problems: InputProblem[] = [];
  const problem = (input: string, allowed: string): void => {
    problems.push({ input, given: shorten((raw[input] ?? '').trim()), allowed });
  };
  const names = services.map((each) => each.slice(each.lastIndexOf('/') + 1));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (services.length === 0) problem('service', 'one service or more');
  else if (services.length > servicesLimit) problem('service', `at most ${servicesLimit} services`);
  else if (twice !== undefined) problem('service', `each service once; ${twice} is given twice`);
  if (definitions.length !== 1 && definitions.length !== services.length) {
    problem('task-definition', 'one for all services, or one for each in their order');
  }
  return problems;
}
