import { CloudWatchService } from '../../../../src/lab/world/cloudwatch/service.ts';
import { Elbv2Service } from '../../../../src/lab/world/elbv2/service.ts';
import { defaultConfig, Kernel, type WorldConfig } from '../../../../src/lab/world/kernel.ts';
import type { CallContext, ServiceModule } from '../../../../src/lab/world/service.ts';

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

/** The code of the AWS error that the call ends with, or `none`. */
export function errorOf(service: ServiceModule, operation: string, input: unknown): string {
  try {
    call(service, operation, input);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'none';
}

export interface Balancing {
  readonly kernel: Kernel;
  readonly cloudwatch: CloudWatchService;
  readonly elb: Elbv2Service;
  readonly loadBalancerArn: string;
  readonly blue: string;
  readonly green: string;
}

/** A load balancer with two empty target groups and no listener. */
export function balancing(config: Partial<WorldConfig> = {}): Balancing {
  const kernel = new Kernel({ ...defaultConfig, ...config });
  const cloudwatch = new CloudWatchService({ kernel });
  const elb = new Elbv2Service({ kernel, metrics: cloudwatch });
  const balancer = call(elb, 'CreateLoadBalancer', { Name: 'api', Subnets: ['subnet-a', 'subnet-b'] });
  return {
    kernel,
    cloudwatch,
    elb,
    loadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn,
    blue: targetGroup(elb, 'blue'),
    green: targetGroup(elb, 'green'),
  };
}

export function targetGroup(elb: Elbv2Service, name: string, change: Record<string, unknown> = {}): string {
  const answer = call(elb, 'CreateTargetGroup', {
    Name: name,
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-1',
    TargetType: 'ip',
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: 10,
    HealthyThresholdCount: 3,
    UnhealthyThresholdCount: 2,
    ...change,
  });
  return answer.TargetGroups[0].TargetGroupArn;
}

export function forward(weights: Readonly<Record<string, number>>): unknown[] {
  return [
    {
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: Object.entries(weights).map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })),
      },
    },
  ];
}

export function listener(setup: Balancing, actions: unknown[], port = 80): string {
  const answer = call(setup.elb, 'CreateListener', {
    LoadBalancerArn: setup.loadBalancerArn,
    Port: port,
    Protocol: 'HTTP',
    DefaultActions: actions,
  });
  return answer.Listeners[0].ListenerArn;
}
