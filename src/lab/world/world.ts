/**
 * The world: all services over one kernel. One door in for API calls (`call`), one for facts (`report`).
 * Pure: no clock, no I/O; the same configuration, calls and facts give the same journal byte for byte.
 */
import { ApplicationAutoScalingService } from './autoscaling/service.ts';
import { AwsError } from './aws-error.ts';
import { CloudWatchService } from './cloudwatch/service.ts';
import type { FactConsumer, RoutingReader } from './contracts.ts';
import { EcrService } from './ecr/index.ts';
import { type EcsOptions, EcsService } from './ecs/index.ts';
import { Elbv2Service } from './elbv2/service.ts';
import { CallFaults } from './faults/call-faults.ts';
import { type FaultScript, parseFaultScript } from './faults/index.ts';
import { TimedEvents } from './faults/timed-events.ts';
import { GitHubModel } from './github/index.ts';
import { IamService } from './iam/iam-service.ts';
import { matchesWildcard } from './iam/wildcard.ts';
import { defaultConfig, Kernel, type WorldConfig } from './kernel.ts';
import { LogsService } from './logs/logs-service.ts';
import { changedByCall, ecsOnly, everything, nothing, type Part } from './parts.ts';
import { partsRead, RememberedReads } from './remembered-reads.ts';
import { isSecretReference } from './secretsmanager/resolve-secret.ts';
import { SecretsManagerService } from './secretsmanager/secretsmanager-service.ts';
import type { ApiRequest, ApiResult, Operation, Principal, ServiceId, ServiceModule } from './service.ts';
import { SnsService } from './sns/sns-service.ts';
import { SsmService } from './ssm/ssm-service.ts';
import { StsService } from './sts/sts-service.ts';
import type { Fact } from './substrate.ts';
import { worldHands } from './world-hands.ts';

/** What a fact may change by itself; what is not here, everything. */
const changedByFact: Partial<Readonly<Record<Fact['kind'], readonly Part[]>>> = {
  // Metrics and log lines, and nothing else.
  traffic: nothing,
  utilization: nothing,
  log: nothing,
  // Where the target's state follows, the journal has it.
  'target-probe': nothing,
  'container-started': ecsOnly,
  'container-start-failed': ecsOnly,
  'container-exited': ecsOnly,
  'container-health': ecsOnly,
};

/** What is known of an operation in every world. */
interface Described {
  readonly service: ServiceId;
  readonly operationName: string;
  /** `service:Operation` */
  readonly name: string;
  /** What of the state it is answered from, where its answers are remembered. */
  readonly reads: readonly Part[] | undefined;
  readonly changes: readonly Part[];
}

/** An operation as calls find it. */
interface Known {
  readonly described: Described;
  /** Undefined where the lab does not simulate it. */
  readonly operation: Operation | undefined;
}

const descriptions = new Map<ServiceId, Map<string, Described>>();

export interface WorldOptions extends Partial<WorldConfig> {
  /** Durations and undocumented choices of ECS. */
  readonly ecs?: Partial<EcsOptions>;
  /** Where the live registry answers, e.g. `127.0.0.1:5001`; `world.ecr.setRegistryHosts` sets it later. */
  readonly registryHosts?: readonly string[];
  /** Keeps AWS's API rates: calls beyond them are throttled. Off where left out. */
  readonly rateLimits?: boolean;
  readonly faults?: FaultScript;
}

export class World {
  readonly kernel: Kernel;
  readonly iam: IamService;
  readonly sts: StsService;
  readonly ecr: EcrService;
  readonly secretsmanager: SecretsManagerService;
  readonly logs: LogsService;
  readonly sns: SnsService;
  readonly ssm: SsmService;
  readonly cloudwatch: CloudWatchService;
  readonly elbv2: Elbv2Service;
  readonly ecs: EcsService;
  readonly autoscaling: ApplicationAutoScalingService;
  readonly github: GitHubModel;
  readonly modules: ReadonlyMap<ServiceId, ServiceModule>;
  readonly #consumers: readonly FactConsumer[];
  readonly #faults: CallFaults;
  readonly #events: TimedEvents;
  readonly #reads: RememberedReads;
  readonly #known = new Map<Described, Known>();
  #lastFound: Known | undefined;
  /** By caller's ARN, then by `service:Operation`. */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(options: WorldOptions = {}) {
    const { ecs, registryHosts, rateLimits, faults, ...config } = options;
    const kernel = new Kernel({ ...defaultConfig, ...config });
    this.kernel = kernel;
    this.iam = new IamService({ kernel });
    this.sts = new StsService({ kernel, iam: this.iam });
    this.ecr = new EcrService({ kernel, iam: this.iam, registryHosts: registryHosts ?? [] });
    this.secretsmanager = new SecretsManagerService({ kernel });
    this.logs = new LogsService({ kernel });
    this.sns = new SnsService({ kernel });
    this.ssm = new SsmService({ kernel });
    this.cloudwatch = new CloudWatchService({ kernel });
    this.elbv2 = new Elbv2Service({ kernel, metrics: this.cloudwatch });
    this.ecs = new EcsService(
      {
        kernel,
        images: this.ecr,
        secrets: {
          resolveSecret: (valueFrom) =>
            isSecretReference(valueFrom)
              ? this.secretsmanager.resolveSecret(valueFrom)
              : this.ssm.resolveSecret(valueFrom),
        },
        logs: this.logs,
        targets: this.elbv2,
        alarms: this.cloudwatch,
        metrics: this.cloudwatch,
      },
      ecs,
    );
    this.autoscaling = new ApplicationAutoScalingService({
      kernel,
      services: this.ecs,
      cloudwatch: this.cloudwatch,
      isDeploying: (resourceId) => this.#isDeploying(resourceId),
    });
    this.github = new GitHubModel({ kernel, issuer: this.sts });
    const modules: readonly ServiceModule[] = [
      this.ecs,
      this.elbv2,
      this.cloudwatch,
      this.autoscaling,
      this.ecr,
      this.secretsmanager,
      this.logs,
      this.sns,
      this.ssm,
      this.sts,
      this.iam,
    ];
    this.modules = new Map(modules.map((module) => [module.id, module]));
    this.#consumers = [this.ecs, this.elbv2, this.logs];
    this.#reads = new RememberedReads(kernel);
    this.#faults = new CallFaults({
      kernel,
      rateLimits: rateLimits ?? false,
      carrier: {
        denied: ({ principal, service, input }, operation) =>
          this.#denied(principal, service, operation, input),
        run: (request, operation, input) => this.#run(request, operation, input),
      },
    });
    this.#events = new TimedEvents(kernel, worldHands(this));
    if (faults !== undefined) this.loadFaults(faults);
  }

  /** The account itself: everything is allowed. */
  get root(): Principal {
    return this.sts.rootPrincipal;
  }

  /**
   * One API call at the world's now. Never throws: errors are answers. Order as on AWS: transport,
   * credentials and throttling (the faults among them), then IAM, then the operation; last what may happen
   * to its answer.
   */
  call(request: ApiRequest): ApiResult {
    const { service, principal } = request;
    const { described, operation } = this.#find(service, request.operation);
    this.#count(principal.arn, described.name);
    if (operation === undefined) {
      const message = `The lab does not simulate ${described.name}.`;
      return { kind: 'error', error: new AwsError('UnknownOperationException', message, 400), delayMs: 0 };
    }
    return this.#faults.around(request, operation);
  }

  /** Whether an operation changes the world, and may keep what it is given. */
  mutates(service: ServiceId, operation: string): boolean {
    return this.#find(service, operation).operation?.mutates ?? false;
  }

  /** For setting up: one call that has to succeed. Past faults, limits and counts. Throws its error. */
  must(
    service: ServiceId,
    operation: string,
    input: unknown,
    principal: Principal = this.root,
    // biome-ignore lint/suspicious/noExplicitAny: the output is of the operation's own shape
  ): any {
    const { described, operation: found } = this.#find(service, operation);
    if (found === undefined)
      throw new AwsError('UnknownOperationException', `The lab does not simulate ${described.name}.`);
    const denied = this.#denied(principal, service, found, input);
    if (denied !== undefined) throw denied;
    if (found.mutates) this.kernel.touch(described.changes);
    return found.run(input, { principal });
  }

  /** Something the substrate saw, at the world's now. */
  report(fact: Fact): void {
    this.kernel.touch(changedByFact[fact.kind] ?? everything);
    for (const consumer of this.#consumers) consumer.consume(fact);
  }

  /** What the data plane serves. */
  routing(): RoutingReader {
    return this.elbv2;
  }

  /**
   * Calls since the start by `service:Operation`, whatever became of them.
   *
   * @param caller ARN of the caller, `*` and `?` allowed; everybody where left out
   */
  callCounts(caller = '*'): Readonly<Record<string, number>> {
    const sums = new Map<string, number>();
    for (const [arn, counts] of this.#counts) {
      if (!matchesWildcard(caller, arn)) continue;
      for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
    }
    return Object.fromEntries([...sums].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Replaces rules and events still to come; times count from now. */
  loadFaults(script: FaultScript): void {
    this.#faults.load(script);
    this.#events.load(script);
  }

  /** As `loadFaults`, from unchecked JSON. @throws Error with every problem of the script */
  loadFaultScript(value: unknown): void {
    const parsed = parseFaultScript(value);
    if (!parsed.ok) throw new Error(`The fault script is not valid:\n- ${parsed.problems.join('\n- ')}`);
    this.loadFaults(parsed.script);
  }

  /** How often each rule of the script has hit. */
  faultHits(): Readonly<Record<string, number>> {
    return this.#faults.hits;
  }

  #denied(
    principal: Principal,
    service: ServiceId,
    operation: Operation,
    input: unknown,
  ): AwsError | undefined {
    if (this.iam.isAllowedAll(principal)) return undefined;
    return this.iam.authorize(principal, service, operation.permissions(input));
  }

  #count(caller: string, name: string): void {
    let counts = this.#counts.get(caller);
    if (counts === undefined) {
      counts = new Map();
      this.#counts.set(caller, counts);
    }
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  /** Target tracking asks: `service/<cluster>/<service>`. */
  #isDeploying(resourceId: string): boolean {
    const [, cluster, service] = resourceId.split('/');
    if (this.ecs.desiredCount(resourceId) === undefined) return false;
    const found = this.must('ecs', 'DescribeServices', { cluster, services: [service] }).services[0];
    const deployments: readonly { readonly rolloutState?: string }[] = found?.deployments ?? [];
    return deployments.some((deployment) => deployment.rolloutState === 'IN_PROGRESS');
  }

  #run({ service, operation: asked, principal }: ApiRequest, operation: Operation, input: unknown): unknown {
    const { name, reads, changes } = this.#find(service, asked).described;
    if (operation.mutates) {
      this.kernel.touch(changes);
    } else if (reads !== undefined) {
      return this.#reads.answer(name, reads, input, (own) => operation.run(own, { principal }));
    }
    return operation.run(input, { principal });
  }

  /** Each call is looked up by whoever sends it, whoever watches it, and here. */
  #find(service: ServiceId, operation: string): Known {
    const last = this.#lastFound?.described;
    if (last?.operationName === operation && last.service === service) return this.#lastFound!;
    const about = describe(service, operation);
    let known = this.#known.get(about);
    if (known === undefined) {
      const operations = this.modules.get(service)?.operations;
      const isThere = operations !== undefined && Object.hasOwn(operations, operation);
      known = { described: about, operation: isThere ? operations[operation] : undefined };
      this.#known.set(about, known);
    }
    this.#lastFound = known;
    return known;
  }
}

function describe(service: ServiceId, operation: string): Described {
  let ofService = descriptions.get(service);
  if (ofService === undefined) {
    ofService = new Map();
    descriptions.set(service, ofService);
  }
  let about = ofService.get(operation);
  if (about === undefined) {
    const name = `${service}:${operation}`;
    const changes = changedByCall(service, operation);
    about = { service, operationName: operation, name, reads: partsRead(name), changes };
    if (ofService.size > 1000) ofService.clear();
    ofService.set(operation, about);
  }
  return about;
}
