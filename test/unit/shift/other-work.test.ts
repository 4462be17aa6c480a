import { expect, test } from '@jest/globals';
import { otherWorkOf, watches } from '../../../src/shift/other-work.ts';

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

test.each([
  [
    'on:\n  schedule:\n    - cron: x\njobs:\n  a:\n    steps:\n      - uses: o/k/actions/blue-green-shift@v1',
    true,
  ],
  ['on:\n  schedule:\n    - cron: x\njobs:\n  a:\n    uses: o/k/.github/workflows/watch.yml@v1', true],
  [
    'on:\n  # schedule:\n  push:\njobs:\n  a:\n    steps:\n      - uses: o/k/actions/blue-green-shift@v1',
    false,
  ],
  ['on:\n  schedule:\n    - cron: x\njobs:\n  a:\n    steps:\n      - run: echo blue-green-shift', false],
])('a workflow that watches (%#)', (workflow, expected) => {
  expect(watches(workflow)).toBe(expected);
});
