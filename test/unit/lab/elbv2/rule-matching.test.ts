import { expect, test } from '@jest/globals';
import type { ListenerRoute, RuleConditionRoute } from '../../../../src/lab/world/contracts.ts';
import { matchRule, type RoutedRequest } from '../../../../src/lab/world/elbv2/rule-matching.ts';

const request: RoutedRequest = {
  host: 'API.example.com',
  path: '/sessions/7',
  method: 'POST',
  headers: { 'x-test-route': 'Secret' },
  query: [{ key: 'version', value: '2' }],
  sourceIp: '10.1.2.3',
};

function matches(...conditions: RuleConditionRoute[]): boolean {
  const action = { kind: 'fixed-response', status: 200, contentType: 'text/plain', body: '' } as const;
  const listener: ListenerRoute = {
    listenerArn: 'l',
    loadBalancerArn: 'lb',
    port: 80,
    protocol: 'HTTP',
    idleTimeoutMs: 60_000,
    rules: [
      { ruleArn: 'wanted', conditions, action },
      { ruleArn: 'default', conditions: [], action },
    ],
  };
  return matchRule(listener, request)?.ruleArn === 'wanted';
}

test.each<[RuleConditionRoute, boolean]>([
  [{ field: 'host-header', values: ['*.EXAMPLE.com'] }, true],
  [{ field: 'host-header', values: ['example.com'] }, false],
  [{ field: 'path-pattern', values: ['/sessions/*'] }, true],
  [{ field: 'path-pattern', values: ['/sessions/?'] }, true],
  [{ field: 'path-pattern', values: ['/sessions'] }, false],
  [{ field: 'path-pattern', values: ['/Sessions/*'] }, false],
  [{ field: 'path-pattern', values: ['/sessions.7'] }, false],
  [{ field: 'http-request-method', values: ['GET', 'POST'] }, true],
  [{ field: 'http-request-method', values: ['GET'] }, false],
  [{ field: 'http-header', header: 'X-Test-Route', values: ['secret'] }, true],
  [{ field: 'http-header', header: 'X-Other', values: ['*'] }, false],
  [{ field: 'query-string', values: [{ key: 'version', value: '2' }] }, true],
  [{ field: 'query-string', values: [{ value: '2' }] }, true],
  [{ field: 'query-string', values: [{ key: 'version', value: '3' }] }, false],
  [{ field: 'source-ip', values: ['10.1.0.0/16'] }, true],
  [{ field: 'source-ip', values: ['10.2.0.0/16', '10.1.2.3/32'] }, true],
  [{ field: 'source-ip', values: ['10.1.2.2/32'] }, false],
  [{ field: 'source-ip', values: ['0.0.0.0/0'] }, true],
])('%j: %s', (condition, expected) => {
  expect(matches(condition)).toBe(expected);
});

test('all conditions have to hold', () => {
  const path: RuleConditionRoute = { field: 'path-pattern', values: ['/sessions/*'] };
  expect(matches(path, { field: 'http-request-method', values: ['POST'] })).toBe(true);
  expect(matches(path, { field: 'http-request-method', values: ['GET'] })).toBe(false);
});
