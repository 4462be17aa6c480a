import { describe, expect, test } from '@jest/globals';
import { furtherGroups, otherListenersOf, otherWorkOf } from '../../../src/shift/other-work.ts';

test('work past the load balancer is found, each kind by its name', () => {
  const primary = (change: object) => ({
    serviceName: 'api',
    deployments: [{ status: 'PRIMARY', ...change }],
  });
  const what = (service: object): readonly string[] => otherWorkOf(service).map((each) => each.what);
  expect(what({ serviceName: 'api' })).toEqual([]);
  expect(what({ serviceRegistries: [{ registryArn: 'arn:r' }] })).toEqual(['service registry arn:r']);
  expect(
    what(primary({ serviceConnectConfiguration: { enabled: true, services: [{ portName: 'http' }] } })),
  ).toEqual(['Service Connect http']);
  // A client of Service Connect gets nothing by it.
  expect(what(primary({ serviceConnectConfiguration: { enabled: true } }))).toEqual([]);
  expect(what(primary({ vpcLatticeConfigurations: [{ targetGroupArn: 'arn:t' }] }))).toEqual([
    'VPC Lattice arn:t',
  ]);
  expect(what({ tags: [{ key: 'ips-deploy:consumes', value: 'orders' }] })).toEqual([
    'it consumes orders, by its tag ips-deploy:consumes',
  ]);
});

describe('target groups beside the pair', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => `arn:x:targetgroup/${name}/1`) as [
    string,
    string,
    string,
    string,
  ];
  const registered = (...arns: readonly string[]) => ({
    serviceName: 'api',
    loadBalancers: arns.map((targetGroupArn) => ({ targetGroupArn })),
  });
  const whatOf = (service: object, ...uses: Parameters<typeof otherListenersOf>[2]): readonly string[] =>
    otherListenersOf(service, [a, b], uses).map((each) => each.what);

  test('each once, whichever service holds it', () => {
    expect(furtherGroups([registered(a, c), registered(b, c, d), { serviceName: 'x' }], [a, b])).toEqual([
      c,
      d,
    ]);
  });

  test('only one that is known to have no load balancer is no traffic', () => {
    const balancer = 'arn:aws:elasticloadbalancing:r:1:loadbalancer/net/partners/1';
    const known = (loadBalancerArns: readonly string[]) =>
      ({ kind: 'known', targetGroupArn: c, loadBalancerArns }) as const;
    expect(whatOf(registered(a), known([balancer]))).toEqual([]);
    expect(whatOf(registered(a, c), known([]))).toEqual([]);
    expect(whatOf(registered(a, c), known([balancer]))).toEqual([
      'target group c, which the load balancer partners forwards to',
    ]);
    expect(
      whatOf(registered(a, c), { kind: 'unknown', targetGroupArn: c, why: 'ELB knows nothing' }),
    ).toEqual(['target group c, of which ELB knows nothing']);
    expect(whatOf({ serviceName: 'api', loadBalancers: [{ loadBalancerName: 'old' }] })).toEqual([
      'Classic Load Balancer old',
    ]);
  });
});
