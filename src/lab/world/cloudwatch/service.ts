/** CloudWatch: metrics with their publishing delay, statistics, metric math, alarms. Rules: BEHAVIOUR.md. */
import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { AlarmReader, Dimensions, Measurements, MetricSink } from '../contracts.ts';
import type { Kernel } from '../kernel.ts';
import type { Operation, ServiceModule } from '../service.ts';
import type { AlarmState } from './alarm-evaluation.ts';
import { alarmOperations } from './alarm-operations.ts';
import { type AlarmAction, Alarms } from './alarms.ts';
import { dataOperations } from './data-operations.ts';
import { MetricStore, type Publishing } from './metric-store.ts';
import { type Datapoint, datapoints, parseStatistic } from './statistics.ts';

export class CloudWatchService implements ServiceModule, AlarmReader, MetricSink {
  readonly id = 'cloudwatch';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #kernel: Kernel;
  readonly #store: MetricStore;
  readonly #alarms: Alarms;

  constructor(deps: { readonly kernel: Kernel; readonly publishing?: Partial<Publishing> }) {
    this.#kernel = deps.kernel;
    this.#store = new MetricStore(deps.kernel);
    this.#alarms = new Alarms(deps.kernel, this.#store);
    this.setPublishing(deps.publishing ?? {});
    this.operations = {
      ...dataOperations(deps.kernel, this.#store),
      ...alarmOperations(deps.kernel, this.#alarms),
    };
  }

  get publishing(): Publishing {
    return this.#store.publishing;
  }

  /** Fault switch: later or lost metric-minutes, for minutes that open from now on. */
  setPublishing(change: Partial<Publishing>): void {
    this.#store.publishing = { ...this.#store.publishing, ...change };
  }

  publish(namespace: string, measurements: Measurements): void {
    this.#store.publish(namespace, measurements);
  }

  alarmState(name: string): AlarmState | undefined {
    return this.#alarms.get(name)?.state;
  }

  onAlarmState(
    listener: (change: { readonly name: string; readonly from: string; readonly to: string }) => void,
  ): void {
    this.#alarms.onChange(listener);
  }

  onAlarmAction(actor: (action: AlarmAction) => void): void {
    this.#alarms.onAction(actor);
  }

  /** For services that keep alarms of their own (target tracking). */
  putAlarm(input: PutMetricAlarmInput): void {
    this.#alarms.putMetricAlarm(input);
  }

  deleteAlarm(name: string): void {
    this.#alarms.delete(name);
  }

  /**
   * Published data points, oldest first; `from` included, `to` excluded, epoch ms. RangeError for a
   * statistic that does not exist.
   */
  datapoints(
    namespace: string,
    metric: string,
    dimensions: Dimensions,
    statistic: string,
    periodSeconds: number,
    from: number,
    to: number,
  ): readonly Datapoint[] {
    const compute = parseStatistic(statistic);
    if (compute === undefined) throw new RangeError(`'${statistic}' is not a CloudWatch statistic`);
    const series = this.#store.find(namespace, metric, dimensions);
    return datapoints(series, compute, periodSeconds * 1000, from, to, this.#kernel.now);
  }
}
