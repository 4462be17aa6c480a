import { type Publishing, sameDimensions } from '../../../../src/lab/world/cloudwatch/metric-store.ts';
import { CloudWatchService } from '../../../../src/lab/world/cloudwatch/service.ts';
import { defaultConfig, Kernel } from '../../../../src/lab/world/kernel.ts';
import type { CallContext, ServiceModule } from '../../../../src/lab/world/service.ts';

export const minute = 60_000;
export const start = defaultConfig.startMs;
export const dimensions = { LoadBalancer: 'app/api/1' };

const context: CallContext = {
  principal: { kind: 'root', arn: 'arn:aws:iam::123456789012:root', name: 'root' },
};

// biome-ignore lint/suspicious/noExplicitAny: outputs are of each operation's own shape
export type Answer = any;

export function call(service: ServiceModule, operation: string, input: unknown): Answer {
  const found = service.operations[operation];
  if (found === undefined) throw new Error(`no operation ${operation}`);
  found.permissions(input);
  return found.run(input, context);
}

export function errorOf(service: ServiceModule, operation: string, input: unknown): string {
  try {
    call(service, operation, input);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'none';
}

/** Published as soon as the minute closes, unless told otherwise. */
export function watching(publishing: Partial<Publishing> = { minDelayMs: 0, maxDelayMs: 0 }) {
  const kernel = new Kernel(defaultConfig);
  const cloudwatch = new CloudWatchService({ kernel, publishing });
  return {
    kernel,
    cloudwatch,
    /** Samples in the given minute after the start. */
    put: (metric: string, atMinute: number, ...values: number[]) => {
      kernel.advanceTo(Math.max(kernel.now, start + atMinute * minute));
      const samples = [{ unit: 'Count', values }];
      cloudwatch.publish('AWS/ApplicationELB', {
        samples: (name, under) => (name === metric && sameDimensions(under, dimensions) ? samples : []),
        names: () => [{ metric, dimensions }],
      });
    },
  };
}

export function stat(id: string, metric: string, statistic: string, period = 60): Record<string, unknown> {
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/ApplicationELB',
        MetricName: metric,
        Dimensions: [{ Name: 'LoadBalancer', Value: 'app/api/1' }],
      },
      Period: period,
      Stat: statistic,
    },
  };
}
