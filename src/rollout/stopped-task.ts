/**
 * Reads the end of one task: was it a failure of its revision, and of which kind? Pure. The wordings are
 * ECS's; it has changed them before, so only what tells the kinds apart is looked for.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/out-of-memory.html
 */
import type { ContainerFacts, TaskFacts } from '../aws/ecs-tasks.ts';
import type { Cause, CauseCode } from './cause.ts';

export type TaskFailure = Omit<Cause, 'tasks'>;

/**
 * Undefined where the end says nothing against the revision: scale-in, a deployment that replaced it, a
 * Spot interruption, a zone's failure, somebody's StopTask, or a task that was only told to stop.
 * `essential` are the names of the containers whose end ends the task; empty means all.
 */
export function taskFailure(task: TaskFacts, essential: ReadonlySet<string>): TaskFailure | undefined {
  const reason = task.stoppedReason ?? '';
  if (/failed container health checks/i.test(reason)) return containerHealth(task, reason);
  if (/failed ELB health checks/i.test(reason)) {
    return { code: 'target-health', detail: '', evidence: reason };
  }
  switch (task.stopCode) {
    case 'TaskFailedToStart':
      return startFailure(task, reason);
    case 'EssentialContainerExited':
      return exitFailure(task, reason, essential);
    default:
      return undefined;
  }
}

/** Two failures with the same key are the same failure in two tasks. */
export function failureKey(failure: TaskFailure): string {
  return `${failure.code}/${failure.container ?? ''}/${failure.detail}`;
}

function containerHealth(task: TaskFacts, evidence: string): TaskFailure {
  const named = /container\s+([A-Za-z0-9_-]+)\s/.exec(evidence)?.[1];
  const unhealthy = task.containers.find((container) => container.health === 'UNHEALTHY')?.name;
  const container = unhealthy ?? (task.containers.some((each) => each.name === named) ? named : undefined);
  return {
    code: 'container-health',
    ...(container === undefined ? {} : { container }),
    detail: '',
    evidence,
  };
}

/** The order matters: the first pattern that fits decides. */
const startPatterns: readonly (readonly [pattern: RegExp, code: CauseCode])[] = [
  [/descriptor matching platform|no matching manifest|exec format error/i, 'image-platform-mismatch'],
  [/log group does not exist|log group.*not exist/i, 'log-group-missing'],
  [/\bEFS\b|mount\.nfs4|set(?:ting)? up .*volume|mount .*volume/i, 'volume-failed'],
  [/no space left on device/i, 'disk-full'],
  [/^(?!.*CannotPull).*(?:secret|parameter|\basm\b|\bssm\b)/is, 'secret-not-found'],
  [/toomanyrequests|too many requests|rate limit/i, 'image-rate-limit'],
  [
    /AccessDenied|not authorized|denied|no basic auth|403 Forbidden|role has the permissions/i,
    'image-pull-denied',
  ],
  [
    /CannotPull.*(not found|manifest unknown|does not exist|404)|manifest unknown|ImageNotFound/is,
    'image-not-found',
  ],
  [/InsufficientFreeAddresses|RESOURCE:ENI|no free addresses|network interface/i, 'no-addresses'],
  [/reached the limit on the number of|quota|VcpuLimit/i, 'quota-exceeded'],
  [/RESOURCE:|Capacity is unavailable|capacity/i, 'no-capacity'],
  [/CannotPull/i, 'image-pull-failed'],
  [/OutOfMemory/i, 'out-of-memory'],
  [/CannotStartContainer|CannotCreateContainer|ContainerRuntime/i, 'container-start-failed'],
];

function startFailure(task: TaskFacts, stoppedReason: string): TaskFailure {
  const withReason = task.containers.find((container) => container.reason !== undefined);
  const evidence = /Error\b|CannotPull/.test(stoppedReason)
    ? stoppedReason
    : [stoppedReason, withReason?.reason].filter(Boolean).join(': ');
  const container = withReason?.name ?? (task.containers.length === 1 ? task.containers[0]!.name : undefined);
  const code = startCode(evidence);
  return {
    code,
    ...(container === undefined ? {} : { container }),
    detail: startDetail(code, evidence),
    evidence,
  };
}

const imageName = /[\w.-]+(?::\d+)?\/[\w./-]+(?:@sha256:[0-9a-f]{8,64}|:[\w.-]+)/;

function startCode(words: string): CauseCode {
  // Names that users choose may be any word, "denied", "secret" and "timeout" among them.
  const evidence = words
    .replace(/arn:aws[\w-]*:[^\s'",]+/g, 'ARN')
    .replace(new RegExp(imageName, 'g'), 'IMAGE');
  const code = startPatterns.find(([pattern]) => pattern.test(evidence))?.[1] ?? 'unknown';
  const unreachable =
    /connection issue between|time-?out|deadline exceeded|no route to host|network is unreachable|dial tcp|while waiting for connection|check your (task )?network configuration/i;
  if (unreachable.test(evidence) && /ResourceInitializationError|CannotPull/i.test(evidence)) {
    return 'startup-network';
  }
  if (code !== 'secret-not-found') return code;
  // "unable to pull secrets or registry auth" opens every such message, the registry's included.
  if (/AccessDenied|not authorized/i.test(evidence)) {
    return /ecr:|GetAuthorizationToken/i.test(evidence) ? 'image-pull-denied' : 'secret-access-denied';
  }
  return 'secret-not-found';
}

function startDetail(code: CauseCode, evidence: string): string {
  switch (code) {
    case 'image-not-found':
    case 'image-pull-failed':
    case 'image-pull-denied':
    case 'image-rate-limit':
      return imageName.exec(evidence)?.[0] ?? '';
    case 'secret-not-found':
    case 'secret-access-denied':
      return (
        /arn:aws[\w-]*:(?:secretsmanager|ssm):[^\s,"']+/.exec(evidence)?.[0]?.replace(/[.:]+$/, '') ?? ''
      );
    default:
      return '';
  }
}

function exitFailure(
  task: TaskFacts,
  stoppedReason: string,
  essential: ReadonlySet<string>,
): TaskFailure | undefined {
  const decided = decidingContainer(task.containers, essential);
  if (decided === undefined) return { code: 'unknown', detail: '', evidence: stoppedReason };
  const outOfMemory = /OutOfMemory/i.test(decided.reason ?? '');
  return {
    code: outOfMemory ? 'out-of-memory' : 'container-exited',
    container: decided.name,
    detail: outOfMemory ? '' : exitWords(decided.exitCode),
    evidence: [stoppedReason, decided.reason].filter(Boolean).join(': '),
  };
}

/**
 * Which container ended the task. When one essential container ends, ECS stops the others with SIGTERM
 * (143) and SIGKILL (137): those codes decide only when there is no other.
 */
export function decidingContainer(
  containers: readonly ContainerFacts[],
  essential: ReadonlySet<string>,
): ContainerFacts | undefined {
  const candidates = containers.filter(
    (container) =>
      container.exitCode !== undefined && (essential.size === 0 || essential.has(container.name)),
  );
  const weight = (container: ContainerFacts): number => {
    if (/OutOfMemory/i.test(container.reason ?? '')) return 3;
    if (container.exitCode === 143 || container.exitCode === 137) return 0;
    return container.exitCode === 0 ? 1 : 2;
  };
  return [...candidates].sort((one, other) => weight(other) - weight(one))[0];
}

/** 128 and the number of the signal, as shells and container runtimes tell it (Linux, `man 7 signal`). */
const signals: Readonly<Record<number, string>> = {
  129: 'SIGHUP',
  130: 'SIGINT',
  131: 'SIGQUIT',
  132: 'SIGILL',
  133: 'SIGTRAP',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  137: 'SIGKILL, as when memory runs out',
  138: 'SIGUSR1',
  139: 'SIGSEGV',
  141: 'SIGPIPE',
  143: 'SIGTERM',
  159: 'SIGSYS',
};

/** `exit code 139, SIGSEGV` */
export function exitWords(exitCode: number | undefined): string {
  if (exitCode === undefined) return '';
  const signal = signals[exitCode];
  if (signal !== undefined) return `exit code ${exitCode}, ${signal}`;
  if (exitCode === 127) return 'exit code 127, command not found';
  if (exitCode === 126) return 'exit code 126, command not executable';
  return `exit code ${exitCode}`;
}
