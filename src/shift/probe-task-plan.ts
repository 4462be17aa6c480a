/** The one-off task that probes green from inside of the VPC, as a part of the plan. Pure. */
import { createHash } from 'node:crypto';
import type { ContainerDefinition, RunTaskRequest, TaskDefinition } from '@aws-sdk/client-ecs';
import { launchedAs } from '../aws/ecs-run-task.ts';
import type { ServiceFacts, TaskLaunchFacts } from '../aws/ecs-service.ts';
import type { CodeRange, ShiftRequest } from '../inputs/shift-request.ts';
import type { ShiftPlan } from './plan.ts';
import type { PreflightFacts, Refusal } from './preflight.ts';
import type { ProbeTally } from './prober.ts';

export interface ProbeTaskPlan {
  readonly taskDefinitionArn: string;
  /** Its name, and where its log goes. */
  readonly container: Pick<ContainerDefinition, 'name' | 'logConfiguration'>;
  /** Undefined: the container's own. */
  readonly command: readonly string[] | undefined;
  /** As the service of green, or of blue that it becomes a twin of. */
  readonly launch: TaskLaunchFacts;
  readonly timeoutMs: number;
}

/** Why the task could not probe. */
export function* checkProbeTask(facts: PreflightFacts, { probes }: ShiftRequest): Generator<Refusal> {
  const asked = probes.task;
  if (asked === undefined) return;
  const { probeDefinition } = facts;
  if (probeDefinition === undefined) {
    yield {
      code: 'probe-task',
      message: `There is no active task definition ${asked.taskDefinition} for the probe task.`,
    };
  } else {
    const container = containerOf(probeDefinition, asked.container);
    if (container === undefined) {
      const names = (probeDefinition.containerDefinitions ?? []).map((each) => each.name ?? '').join(', ');
      yield {
        code: 'probe-task',
        message: `Which container of ${asked.taskDefinition} sends the probes is not clear: name it by probe-container, one of ${names}.`,
      };
    }
  }
  if (serviceOf(facts) === undefined) {
    yield {
      code: 'probe-task',
      message:
        'The probe task runs in the network of a service, and none is known: give cluster, and green-service or blue-service.',
    };
  }
}

/** Undefined: the runner sends the probes. Only for facts that `checkProbeTask` let pass. */
export function planProbeTask(facts: PreflightFacts, { probes }: ShiftRequest): ProbeTaskPlan | undefined {
  const { task: asked } = probes;
  const { probeDefinition } = facts;
  const service = serviceOf(facts);
  if (asked === undefined || probeDefinition === undefined || service === undefined) return undefined;
  const container = containerOf(probeDefinition, asked.container);
  if (container === undefined) return undefined;
  const { name, logConfiguration } = container;
  return {
    taskDefinitionArn: probeDefinition.taskDefinitionArn ?? '',
    container: { name, logConfiguration },
    command: asked.command,
    launch: service.launch,
    timeoutMs: asked.timeoutMs,
  };
}

function serviceOf({ greenService, blueService }: PreflightFacts): ServiceFacts | undefined {
  return greenService ?? blueService;
}

function containerOf(
  { containerDefinitions = [] }: TaskDefinition,
  name: string | undefined,
): ContainerDefinition | undefined {
  if (name !== undefined) return containerDefinitions.find((each) => each.name === name);
  const essential = containerDefinitions.filter((each) => each.essential !== false);
  return essential.length === 1 ? essential[0] : undefined;
}

/** What the container finds in its environment. The value is secret to those who may not read the rule. */
export function probeWords(
  { probes, testRule }: Pick<ShiftPlan, 'probes' | 'testRule'>,
  headerValue: string,
): Readonly<Record<string, string>> {
  return {
    IPS_DEPLOY_PROBE_URL: probes.baseUrl,
    IPS_DEPLOY_PROBE_HOST: probes.host ?? new URL(probes.baseUrl).host,
    IPS_DEPLOY_PROBE_PATHS: probes.paths.join(' '),
    IPS_DEPLOY_PROBE_HEADER: testRule.header,
    IPS_DEPLOY_PROBE_VALUE: headerValue,
    IPS_DEPLOY_PROBE_COUNT: String(probes.count),
    IPS_DEPLOY_PROBE_TIMEOUT_SECONDS: String(probes.timeoutMs / 1000),
    IPS_DEPLOY_PROBE_CODES: probes.goodCodes.map(rangeText).join(','),
  };
}

function rangeText({ from, to }: CodeRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** `startedBy` of the probe tasks of one shift: whoever comes to its test rule finds them by it, and nobody else's. */
export function probeStarter(testRuleArn: string): string {
  const hash = createHash('sha256').update(`probes by ${testRuleArn}`).digest('hex');
  return `ips-deploy/${hash.slice(0, 24)}`;
}

/** One for each run: the secret of the test rule is its own. */
export function probeTaskInput(
  cluster: string,
  task: ProbeTaskPlan,
  words: Readonly<Record<string, string>>,
  { run, testRuleArn }: { readonly run: string; readonly testRuleArn: string },
): RunTaskRequest & { readonly clientToken: string } {
  const token = createHash('sha256')
    .update(JSON.stringify([run, words]))
    .digest('hex');
  return {
    cluster,
    taskDefinition: task.taskDefinitionArn,
    startedBy: probeStarter(testRuleArn),
    // ECS answers a repeated call with the first task: a lost answer starts no second one.
    clientToken: token.slice(0, 36),
    overrides: {
      containerOverrides: [
        {
          name: task.container.name,
          environment: Object.entries(words).map(([name, value]) => ({ name, value })),
          ...(task.command === undefined ? {} : { command: [...task.command] }),
        },
      ],
    },
    ...launchedAs(task.launch),
  };
}

/**
 * `ips-deploy-probes sent=300 bad=0`: what the container says that it sent. Never more than was asked for. A task
 * without such a line has proven by its exit code that green answers, and nothing that could be counted.
 */
export function tallyOfLog(lines: readonly string[], asked: number): ProbeTally | undefined {
  const match = lines
    .map((line) => /\bips-deploy-probes sent=(\d{1,6}) bad=(\d{1,6})\b/.exec(line))
    .findLast((found) => found !== null);
  if (match === undefined || match === null) return undefined;
  const sent = Math.min(asked, Number(match[1]));
  const bad = Math.min(sent, Number(match[2]));
  return { sent, bad, reasons: bad === 0 ? {} : { 'told by the probe task': bad } };
}
