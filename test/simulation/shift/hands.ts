/** Other hands than the kit's, at their time: each is heard of where it really came about. */
import type { ApiRequest } from '../../../src/lab/world/service.ts';
import { forwardingOf, healthyIn } from './place.ts';
import { actionsWrite, cluster, forwardTo, serviceNow } from './region.ts';
import { names, type Stage, stormMetric } from './stage.ts';
import type { Story } from './story.ts';

/** Where the simulated traffic comes from, and no probes. */
const usersFrom = '203.0.113.10/32';

/** Right after the look, and before the compare of the write that it leads to. */
const inBetweenMs = 5;

export interface Hands {
  /** Of each call of the kit, as it has its effect. */
  readonly onCall: (request: ApiRequest) => void;
  /** Blue was made smaller for the first time. */
  readonly onBlueDown: () => void;
  /** No hand moves any more. */
  readonly stop: () => void;
}

export function moveHands(
  story: Story,
  stage: Stage,
  told: (what: string) => void,
  secondShift: (byRule: string | undefined) => void,
): Hands {
  const { world, time, groups } = stage.region;
  const { hand } = story;
  const intruder = {
    ...world.root,
    arn: `arn:aws:sts::${world.kernel.config.accountId}:assumed-role/o/hand`,
  };
  let stopped = false;
  const at = (atMs: number, what: string, act: () => boolean): void => {
    void time.sleep(atMs).then(() => {
      if (!stopped && act()) told(what);
    });
  };
  const call = (service: ApiRequest['service'], operation: string, input: object): boolean =>
    world.call({ service, operation, input, principal: intruder }).kind === 'answer';
  const write = (action: object): boolean =>
    call('elasticloadbalancing', ...actionsWrite(stage.region, [action]));
  const steal = (): boolean =>
    write(
      forwardTo([
        [stage.place.blue.groupArn, 70],
        [groups.b, healthyIn(world, groups.b) > 0 ? 30 : 0],
        ...(story.thirdGroup ? [[otherGroup(stage), 0] as const] : []),
      ]),
    );
  if (story.scaling === 'storm') {
    const load = (service: string, Value: number): boolean =>
      call('cloudwatch', 'PutMetricData', {
        Namespace: stormMetric.Namespace,
        MetricData: [
          { MetricName: stormMetric.MetricName, Dimensions: [{ Name: 'Service', Value: service }], Value },
        ],
      });
    // A surge, a larger one, and calm: its alarms scale out, further out, and in as far as they may.
    const surges = [
      [1, 150],
      [4, 250],
      [7, 5],
      [8, 5],
    ] as const;
    for (const [minute, value] of surges) {
      at(60_000 * minute, 'event: load', () => load(names.blue, value));
      at(60_000 * minute, 'event: load', () => greenHasWeight(stage) && load(names.green, value));
    }
  }
  if (story.metrics !== 'usual') {
    at(story.metricsAtMs, `metrics: ${story.metrics}`, () => {
      world.cloudwatch.setPublishing(publishingOf(story.metrics));
      if (story.metrics === 'gap') {
        void time.sleep(300_000).then(() => world.cloudwatch.setPublishing({ lostShare: 0 }));
      }
      return true;
    });
  }
  let looks = 0;
  const onCall = ({ operation, input }: ApiRequest): void => {
    if (stopped || hand?.kind !== 'weights-stolen-in-between') return;
    // Tasks that run are read where a weight is about to be raised.
    const before =
      operation === 'ListTasks' && (input as { desiredStatus?: string }).desiredStatus === 'RUNNING';
    if (!before || !greenHasWeight(stage) || ++looks !== hand.nth) return;
    at(inBetweenMs, 'event: weights stolen in between', steal);
  };
  const stop = (): void => {
    stopped = true;
  };
  if (hand === undefined || hand.kind === 'weights-stolen-in-between') {
    return { onCall, onBlueDown: () => undefined, stop };
  }
  const what = `event: ${hand.kind.replaceAll('-', ' ')}`;
  const move = (): boolean => {
    switch (hand.kind) {
      case 'weights-stolen':
        return steal();
      case 'maintenance-page':
        return write({
          Type: 'fixed-response',
          FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain' },
        });
      case 'lock-deleted': {
        const [RuleArn] = forwardingOf(world, stage.place).testRules;
        return RuleArn !== undefined && call('elasticloadbalancing', 'DeleteRule', { RuleArn });
      }
      case 'second-shift':
        secondShift(undefined);
        return true;
      case 'rival-shift':
        secondShift(stage.place.togetherArns[0]);
        return true;
      case 'past-the-weights': {
        const { green, blue, listenerArn } = stage.place;
        if (healthyIn(world, green.groupArn) === 0) return false;
        return call('elasticloadbalancing', 'CreateRule', {
          ListenerArn: listenerArn,
          Priority: 2,
          Conditions: [{ Field: 'source-ip', SourceIpConfig: { Values: [usersFrom] } }],
          Actions: [
            forwardTo([
              [blue.groupArn, 100 - hand.greenPercent],
              [green.groupArn, hand.greenPercent],
            ]),
          ],
        });
      }
      case 'green-redeployed':
        if (serviceNow(stage.region, names.green)?.status !== 'ACTIVE') return false;
        return call('ecs', 'UpdateService', { cluster, service: names.green, taskDefinition: 'api:1' });
      case 'green-emptied': {
        const Targets = targetsOf(world, groups.b).map(({ id, port }) => ({ Id: id, Port: port }));
        return (
          Targets.length > 0 &&
          call('elasticloadbalancing', 'DeregisterTargets', { TargetGroupArn: groups.b, Targets })
        );
      }
      case 'stranger-registered': {
        const Targets = [{ Id: '10.0.250.9', Port: 5000 }];
        return call('elasticloadbalancing', 'RegisterTargets', { TargetGroupArn: groups.b, Targets });
      }
      case 'zone-dark':
        world.ecs.killZone(hand.zone);
        return true;
      case 'alarm-raised':
        return call('cloudwatch', 'SetAlarmState', {
          AlarmName: 'harm',
          StateValue: 'ALARM',
          StateReason: 'harm is done',
        });
    }
  };
  const begin = (): void => at(hand.atMs, what, move);
  if (story.kept !== undefined) return { onCall, onBlueDown: begin, stop };
  begin();
  return { onCall, onBlueDown: () => undefined, stop };
}

function targetsOf(world: Stage['region']['world'], groupArn: string) {
  const groups = world.routing().targetGroups();
  return groups.find(({ targetGroupArn }) => targetGroupArn === groupArn)?.targets ?? [];
}

function otherGroup({ region, place }: Stage): string {
  return place.blue.groupArn === region.groups.a ? region.groups.host : region.groups.a;
}

function greenHasWeight({ region, place }: Stage): boolean {
  const { Rules } = region.world.must('elasticloadbalancing', 'DescribeRules', { RuleArns: [place.ruleArn] });
  const groups: readonly { TargetGroupArn: string; Weight: number }[] =
    Rules[0].Actions[0].ForwardConfig?.TargetGroups ?? [];
  return groups.some((group) => group.TargetGroupArn === place.green.groupArn && group.Weight > 0);
}

function publishingOf(metrics: Story['metrics']) {
  switch (metrics) {
    case 'five-minutes-late':
      return { minDelayMs: 300_000, maxDelayMs: 300_000 };
    case 'revised-late':
      return { minDelayMs: 60_000, maxDelayMs: 360_000 };
    case 'gap':
      return { lostShare: 1 };
    case 'usual':
      return {};
  }
}
