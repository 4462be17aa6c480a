/** Alarms and their life: put, evaluated each tick while they exist, set by hand, deleted. */
import type {
  AlarmHistoryItem,
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
} from '@aws-sdk/client-cloudwatch';
import type { ScheduledEvent } from '../event-queue.ts';
import type { Kernel } from '../kernel.ts';
import {
  type AlarmState,
  evaluateAlarm,
  evaluationRange,
  isBreaching,
  stateReason,
} from './alarm-evaluation.ts';
import { compileAlarm, type Measure } from './compile-alarm.ts';
import { type AlarmRule, AlarmRuleError, parseAlarmRule } from './composite-rule.ts';
import { runQueries, validationError } from './metric-query.ts';
import { type MetricStore, minuteMs } from './metric-store.ts';

/** Evaluation comes this long after a minute begins, assumed. */
const evaluationOffsetMs = 5_000;
/** A composite alarm follows its children after this long, assumed. */
const compositeDelayMs = 1_000;
const historyLimit = 100;

interface AlarmBase {
  readonly name: string;
  readonly arn: string;
  description: string | undefined;
  actionsEnabled: boolean;
  readonly okActions: readonly string[];
  readonly alarmActions: readonly string[];
  readonly insufficientDataActions: readonly string[];
  readonly updatedAt: number;
  state: AlarmState;
  stateReason: string;
  stateReasonData: string | undefined;
  stateUpdatedAt: number;
  stateTransitionedAt: number;
}

export interface MetricAlarmRecord extends AlarmBase, Measure {
  readonly type: 'MetricAlarm';
  readonly input: PutMetricAlarmInput;
  tick: ScheduledEvent | undefined;
}

export interface CompositeAlarmRecord extends AlarmBase {
  readonly type: 'CompositeAlarm';
  readonly ruleText: string;
  readonly rule: AlarmRule;
}

export type AlarmRecord = MetricAlarmRecord | CompositeAlarmRecord;

export interface AlarmChange {
  readonly name: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
}

/** An alarm asks for one of its actions. */
export interface AlarmAction {
  readonly alarm: string;
  readonly state: AlarmState;
  readonly actionArn: string;
  /** What was compared, oldest first: at most EvaluationPeriods values; empty where there were none. */
  readonly values: readonly number[];
  /** NaN for a composite alarm. */
  readonly threshold: number;
}

export class Alarms {
  readonly #kernel: Kernel;
  readonly #store: MetricStore;
  readonly #alarms = new Map<string, AlarmRecord>();
  readonly #history = new Map<string, AlarmHistoryItem[]>();
  readonly #listeners: ((change: AlarmChange) => void)[] = [];
  readonly #actors: ((action: AlarmAction) => void)[] = [];

  constructor(kernel: Kernel, store: MetricStore) {
    this.#kernel = kernel;
    this.#store = store;
  }

  get(name: string): AlarmRecord | undefined {
    return this.#alarms.get(name);
  }

  /** In the order of their names, as DescribeAlarms answers. */
  all(): AlarmRecord[] {
    return [...this.#alarms.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  history(name: string): readonly AlarmHistoryItem[] {
    return this.#history.get(name) ?? [];
  }

  onChange(listener: (change: AlarmChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Told of each action that is asked for: when a state is reached, and of scaling each minute while it stays. */
  onAction(actor: (action: AlarmAction) => void): void {
    this.#actors.push(actor);
  }

  putMetricAlarm(input: PutMetricAlarmInput): void {
    const compiled = compileAlarm(input);
    const former = this.#alarms.get(input.AlarmName!);
    if (former?.type === 'CompositeAlarm') {
      throw validationError(
        `Alarm '${former.name}' exists as a composite alarm and cannot become a metric alarm`,
      );
    }
    this.#kernel.cancel(former?.tick);
    const alarm: MetricAlarmRecord = {
      ...this.#base(input, former),
      type: 'MetricAlarm',
      input,
      ...compiled,
      tick: undefined,
    };
    this.#alarms.set(alarm.name, alarm);
    this.#note(alarm.name, 'ConfigurationUpdate', `Alarm "${alarm.name}" ${former ? 'updated' : 'created'}`);
    this.#kernel.record('cloudwatch.alarm-put', alarm.name);
    this.#schedule(alarm);
  }

  putCompositeAlarm(input: PutCompositeAlarmInput): void {
    const name = input.AlarmName ?? '';
    const rule = parseRule(input.AlarmRule ?? '');
    const former = this.#alarms.get(name);
    if (former?.type === 'MetricAlarm') {
      throw validationError(`Alarm '${name}' exists as a metric alarm and cannot become a composite alarm`);
    }
    for (const child of rule.children) {
      if (child === name) throw validationError(`Alarm '${name}' cannot refer to itself`);
      if (!this.#alarms.has(child)) {
        throw validationError(
          `Could not save the composite alarm as alarm '${child}' in the alarm rule does not exist`,
        );
      }
    }
    const alarm: CompositeAlarmRecord = {
      ...this.#base(input, former),
      type: 'CompositeAlarm',
      ruleText: input.AlarmRule!,
      rule,
    };
    this.#alarms.set(name, alarm);
    this.#note(name, 'ConfigurationUpdate', `Alarm "${name}" ${former ? 'updated' : 'created'}`);
    this.#kernel.record('cloudwatch.alarm-put', name);
    this.#kernel.after(compositeDelayMs, () => this.#evaluateComposite(alarm));
  }

  delete(name: string): void {
    const alarm = this.#alarms.get(name);
    if (alarm === undefined) return;
    if (alarm.type === 'MetricAlarm') this.#kernel.cancel(alarm.tick);
    this.#alarms.delete(name);
    this.#history.delete(name);
    this.#kernel.record('cloudwatch.alarm-deleted', name);
  }

  /** Lasts until the next evaluation says otherwise (API reference, SetAlarmState). */
  setState(alarm: AlarmRecord, to: AlarmState, reason: string, reasonData?: string): void {
    const from = alarm.state;
    const { now } = this.#kernel;
    alarm.stateReason = reason;
    alarm.stateReasonData = reasonData;
    alarm.stateUpdatedAt = now;
    if (from === to) return;
    alarm.state = to;
    alarm.stateTransitionedAt = now;
    this.#note(alarm.name, 'StateUpdate', `Alarm updated from ${from} to ${to}`);
    this.#kernel.record('cloudwatch.alarm-state', alarm.name, { from, to, reason });
    for (const listener of this.#listeners) listener({ name: alarm.name, from, to });
    this.#act(alarm, valuesIn(reasonData), () => true);
    for (const parent of this.#alarms.values()) {
      if (parent.type !== 'CompositeAlarm' || !parent.rule.children.includes(alarm.name)) continue;
      this.#kernel.after(compositeDelayMs, () => this.#evaluateComposite(parent));
    }
  }

  #act(alarm: AlarmRecord, values: readonly number[], isAsked: (actionArn: string) => boolean): void {
    if (!alarm.actionsEnabled) return;
    const threshold = alarm.type === 'MetricAlarm' ? alarm.threshold : Number.NaN;
    for (const actionArn of actionsOf(alarm)) {
      if (!isAsked(actionArn)) continue;
      for (const actor of this.#actors) {
        actor({ alarm: alarm.name, state: alarm.state, actionArn, values, threshold });
      }
    }
  }

  #base(input: PutMetricAlarmInput | PutCompositeAlarmInput, former: AlarmRecord | undefined): AlarmBase {
    const { now } = this.#kernel;
    const name = input.AlarmName ?? '';
    if (name.length === 0 || name.length > 255) {
      throw validationError(`The alarm name '${name}' must be 1 to 255 characters long`);
    }
    return {
      name,
      arn: this.#kernel.arn('cloudwatch', `alarm:${name}`),
      description: input.AlarmDescription,
      actionsEnabled: input.ActionsEnabled ?? true,
      okActions: input.OKActions ?? [],
      alarmActions: input.AlarmActions ?? [],
      insufficientDataActions: input.InsufficientDataActions ?? [],
      updatedAt: now,
      // An update keeps the state; a new alarm knows nothing yet.
      state: former?.state ?? 'INSUFFICIENT_DATA',
      stateReason: former?.stateReason ?? 'Unchecked: Initial alarm creation',
      stateReasonData: former?.stateReasonData,
      stateUpdatedAt: former?.stateUpdatedAt ?? now,
      stateTransitionedAt: former?.stateTransitionedAt ?? now,
    };
  }

  #schedule(alarm: MetricAlarmRecord): void {
    const everyMs = alarm.periodSeconds < 60 ? 10_000 : minuteMs;
    const offset = alarm.periodSeconds < 60 ? 0 : evaluationOffsetMs;
    const next = (Math.floor((this.#kernel.now - offset) / everyMs) + 1) * everyMs + offset;
    alarm.tick = this.#kernel.asideAt(next, () => {
      if (this.#alarms.get(alarm.name) !== alarm) return;
      this.#evaluateMetric(alarm);
      this.#schedule(alarm);
    });
  }

  #evaluateMetric(alarm: MetricAlarmRecord): void {
    const periodMs = Math.max(alarm.periodSeconds * 1000, minuteMs);
    const { now } = this.#kernel;
    const range = evaluationRange(alarm.evaluationPeriods);
    const to = Math.floor(now / periodMs) * periodMs;
    const from = to - range * periodMs;
    const points = runQueries(this.#store, alarm.queries, from, to, now)[alarm.watched]!;
    const slots: (boolean | undefined)[] = [];
    for (let at = from; at < to; at += periodMs) {
      const value = points.find((point) => point.at === at)?.value;
      slots.push(value === undefined ? undefined : isBreaching(alarm.comparison, value, alarm.threshold));
    }
    const state = evaluateAlarm(
      slots,
      alarm.evaluationPeriods,
      alarm.datapointsToAlarm,
      alarm.treatMissing,
      alarm.state,
    );
    if (state === alarm.state) {
      // Under a minute it is evaluated more often than its actions are asked for.
      if (now % minuteMs < 10_000) {
        this.#act(alarm, points.slice(-alarm.evaluationPeriods).map(measured), isScaling);
      }
      return;
    }
    this.setState(
      alarm,
      state,
      stateReason(state, alarm.state, points, alarm),
      JSON.stringify({
        version: '1.0',
        queryDate: new Date(now).toISOString(),
        period: alarm.periodSeconds,
        recentDatapoints: points.slice(-alarm.evaluationPeriods).map(measured),
        threshold: alarm.threshold,
      }),
    );
  }

  #evaluateComposite(alarm: CompositeAlarmRecord): void {
    if (this.#alarms.get(alarm.name) !== alarm) return;
    const holds = alarm.rule.holds((name) => this.#alarms.get(name)?.state);
    const state = holds ? 'ALARM' : 'OK';
    if (state === alarm.state) return;
    const children = alarm.rule.children.map((name) => `${name}: ${this.#alarms.get(name)?.state ?? 'gone'}`);
    this.setState(alarm, state, `Alarm rule "${alarm.ruleText}" is ${holds} (${children.join(', ')})`);
  }

  #note(name: string, type: 'StateUpdate' | 'ConfigurationUpdate', summary: string): void {
    const items = this.#history.get(name) ?? [];
    const alarm = this.#alarms.get(name);
    items.push({
      AlarmName: name,
      ...(alarm === undefined ? {} : { AlarmType: alarm.type }),
      Timestamp: new Date(this.#kernel.now),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: JSON.stringify({ version: '1.0', state: alarm?.state, reason: alarm?.stateReason }),
    });
    if (items.length > historyLimit) items.shift();
    this.#history.set(name, items);
  }
}

function actionsOf({
  state,
  okActions,
  alarmActions,
  insufficientDataActions,
}: AlarmRecord): readonly string[] {
  switch (state) {
    case 'OK':
      return okActions;
    case 'ALARM':
      return alarmActions;
    case 'INSUFFICIENT_DATA':
      return insufficientDataActions;
  }
}

/** Actions of scaling are asked for again each minute; all others once. */
function isScaling(actionArn: string): boolean {
  return actionArn.includes(':scalingPolicy:');
}

/** What whoever set the state says about the metric (API reference, SetAlarmState: StateReasonData). */
function valuesIn(reasonData: string | undefined): readonly number[] {
  try {
    const { recentDatapoints } = JSON.parse(reasonData ?? '{}') as { readonly recentDatapoints?: unknown };
    return Array.isArray(recentDatapoints) ? recentDatapoints.filter(Number.isFinite) : [];
  } catch {
    return [];
  }
}

function measured(point: { readonly value: number }): number {
  return point.value;
}

function parseRule(text: string): AlarmRule {
  try {
    return parseAlarmRule(text);
  } catch (error) {
    if (error instanceof AlarmRuleError) throw validationError(error.message);
    throw error;
  }
}
