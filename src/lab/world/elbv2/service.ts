/**
 * Elastic Load Balancing v2: load balancers, listeners, rules with weighted forwards, target groups and the
 * health of their targets, and the metrics of the traffic. Rules and their sources: BEHAVIOUR.md.
 */
import type {
  FactConsumer,
  MetricSink,
  RoutingReader,
  RoutingTable,
  TargetGroupRoute,
  TargetRegistry,
  TargetState,
  TargetStateChange,
} from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import type { Operation, ServiceModule } from '../service.ts';
import type { Fact } from '../substrate.ts';
import { attributeOperations } from './attributes.ts';
import { targetGroupNotFound } from './errors.ts';
import { listenerOperations } from './listeners.ts';
import { loadBalancerOperations } from './load-balancers.ts';
import { allRules, type Elbv2State, forwardedGroups, type TargetGroup, targetKey } from './model.ts';
import { routingTable, targetGroupRoute } from './routing.ts';
import { ruleOperations } from './rules.ts';
import { tagOperations } from './tags.ts';
import { targetGroupOperations } from './target-groups.ts';
import { TargetHealth } from './target-health.ts';
import { targetOperations } from './targets.ts';
import { TrafficMetrics } from './traffic-metrics.ts';

export class Elbv2Service implements ServiceModule, TargetRegistry, RoutingReader, FactConsumer {
  readonly id = 'elasticloadbalancing';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #kernel: Kernel;
  readonly #state: Elbv2State;
  readonly #health: TargetHealth;
  readonly #traffic: TrafficMetrics;
  #table: RoutingTable | undefined;
  #groups: readonly TargetGroupRoute[] | undefined;
  /** By ARN; a group's is dropped when its settings or one of its targets change. */
  readonly #groupRoutes = new Map<string, TargetGroupRoute>();
  /** Target groups some rule forwards to; dropped when rules change. */
  #attached: ReadonlySet<string> | undefined;

  constructor(deps: { readonly kernel: Kernel; readonly metrics: MetricSink }) {
    this.#kernel = deps.kernel;
    this.#state = {
      kernel: deps.kernel,
      loadBalancers: new Map(),
      listeners: new Map(),
      rules: new Map(),
      targetGroups: new Map(),
      tags: new Map(),
      routingChanged: (targetGroupArn) => this.#routingChanged(targetGroupArn),
    };
    this.#traffic = new TrafficMetrics(this.#state, deps.metrics);
    this.#health = new TargetHealth(
      this.#state,
      (arn) => this.isAttached(arn),
      (group) => this.#targetsChanged(group),
    );
    this.operations = {
      ...loadBalancerOperations(this.#state),
      ...listenerOperations(this.#state),
      ...ruleOperations(this.#state),
      ...targetGroupOperations(this.#state),
      ...targetOperations(this.#state, this.#health),
      ...attributeOperations(this.#state),
      ...tagOperations(this.#state),
    };
  }

  targetGroupExists(targetGroupArn: string): boolean {
    return this.#state.targetGroups.has(targetGroupArn);
  }

  isAttached(targetGroupArn: string): boolean {
    if (this.#attached === undefined) {
      const attached = new Set<string>();
      for (const rule of allRules(this.#state)) {
        for (const arn of forwardedGroups(rule.actions)) attached.add(arn);
      }
      this.#attached = attached;
    }
    return this.#attached.has(targetGroupArn);
  }

  targetGroupType(targetGroupArn: string): 'ip' | 'instance' | 'lambda' | 'alb' | undefined {
    return this.#state.targetGroups.get(targetGroupArn)?.targetType;
  }

  registerTarget(
    targetGroupArn: string,
    target: {
      readonly id: string;
      readonly port: number;
      readonly zone: string;
      readonly ownerTaskArn?: string;
    },
  ): void {
    this.#health.register(
      this.#group(targetGroupArn),
      target.id,
      target.port,
      target.zone,
      target.ownerTaskArn,
    );
  }

  /** `drained` is called for a group or target that is gone, too: there is nothing left to wait for. */
  deregisterTarget(targetGroupArn: string, id: string, port: number, drained: () => void): void {
    const group = this.#state.targetGroups.get(targetGroupArn);
    if (group === undefined) this.#kernel.after(0, drained);
    else this.#health.deregister(group, id, port, drained);
  }

  targetState(targetGroupArn: string, id: string, port: number): TargetState | undefined {
    return this.#state.targetGroups.get(targetGroupArn)?.targets.get(targetKey(id, port))?.health;
  }

  onTargetState(listener: (change: TargetStateChange) => void): void {
    this.#health.onChange(listener);
  }

  /** The data plane's count of open requests to one target; a draining target at 0 is done at once. */
  reportOpenRequests(targetGroupArn: string, id: string, port: number, count: number): void {
    const group = this.#state.targetGroups.get(targetGroupArn);
    if (group !== undefined) this.#health.reportOpenRequests(group, id, port, count);
  }

  routingTable(): RoutingTable {
    this.#table ??= routingTable(this.#state);
    return this.#table;
  }

  targetGroups(): readonly TargetGroupRoute[] {
    if (this.#groups === undefined) {
      const groups: TargetGroupRoute[] = [];
      for (const group of this.#state.targetGroups.values()) groups.push(this.#groupRoute(group));
      this.#groups = groups;
    }
    return this.#groups;
  }

  consume(fact: Fact): void {
    if (fact.kind === 'target-probe') {
      const group = this.#state.targetGroups.get(fact.targetGroupArn);
      if (group !== undefined) this.#health.probe(group, fact.targetId, fact.port, fact.result);
    } else if (fact.kind === 'traffic') {
      this.#traffic.book(fact.batch);
    }
  }

  #group(arn: string): TargetGroup {
    const group = this.#state.targetGroups.get(arn);
    if (group === undefined) throw targetGroupNotFound(arn);
    return group;
  }

  #routingChanged(targetGroupArn: string | undefined): void {
    this.#table = undefined;
    this.#groups = undefined;
    if (targetGroupArn !== undefined) this.#groupRoutes.delete(targetGroupArn);
    this.#attached = undefined;
    this.#health.reviewUse();
    this.#kernel.emit({ kind: 'routing-changed' });
  }

  #groupRoute(group: TargetGroup): TargetGroupRoute {
    let route = this.#groupRoutes.get(group.arn);
    if (route === undefined) {
      route = targetGroupRoute(group);
      this.#groupRoutes.set(group.arn, route);
    }
    return route;
  }

  #targetsChanged(group: TargetGroup): void {
    this.#groups = undefined;
    this.#groupRoutes.delete(group.arn);
    this.#traffic.targetsChanged();
    this.#kernel.emit({ kind: 'routing-changed' });
  }
}
