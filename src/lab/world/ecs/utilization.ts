/**
 * CPU and memory of services as ECS publishes them: one sample for each task.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_utilization.html
 */
import type { Dimensions, Measurements, Samples } from '../contracts.ts';

/** One task of a service, percent of what it reserved. */
export interface TaskOfService {
  readonly cluster: string;
  readonly service: string;
  readonly cpuPercent: number;
  readonly memoryPercent: number;
}

const metrics = { CPUUtilization: 'cpuPercent', MemoryUtilization: 'memoryPercent' } as const;

const isMetric = (name: string): name is keyof typeof metrics => Object.hasOwn(metrics, name);

export class UtilizationMeasurements implements Measurements {
  readonly #tasks: readonly TaskOfService[];

  constructor(tasks: readonly TaskOfService[]) {
    this.#tasks = tasks;
  }

  samples(metric: string, dimensions: Dimensions): Samples[] {
    if (!isMetric(metric) || Object.keys(dimensions).length !== 2) return [];
    const { ClusterName, ServiceName } = dimensions;
    return this.#tasks
      .filter(({ cluster, service }) => cluster === ClusterName && service === ServiceName)
      .map((task) => ({ unit: 'Percent', values: [task[metrics[metric]]] }));
  }

  *names(): Generator<{ readonly metric: string; readonly dimensions: Dimensions }> {
    for (const { cluster, service } of this.#tasks) {
      const dimensions = { ClusterName: cluster, ServiceName: service };
      for (const metric in metrics) yield { metric, dimensions };
    }
  }
}
