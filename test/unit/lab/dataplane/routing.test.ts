import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesCode } from '../../../../src/lab/dataplane/health-checks.ts';
import { type RequestFacts, selectRule } from '../../../../src/lab/dataplane/load-balancer/match-rule.ts';
import {
  eligibleTargets,
  slowStartShare,
  TargetPicker,
} from '../../../../src/lab/dataplane/load-balancer/pick-target.ts';
import { redirectLocation } from '../../../../src/lab/dataplane/load-balancer/route-request.ts';
import { stickinessSetCookie, stickyGroup } from '../../../../src/lab/dataplane/load-balancer/stickiness.ts';
import {
  createRandomPicker,
  createSmoothPicker,
} from '../../../../src/lab/dataplane/load-balancer/weighted-pick.ts';
import type { RuleConditionRoute, TargetRoute } from '../../../../src/lab/world/contracts.ts';

const request: RequestFacts = {
  method: 'GET',
  host: 'api.Example.com',
  path: '/v1/imu',
  query: 'version=2&debug',
  sourceIp: '10.1.2.3',
  headers: { 'x-probe': 'Secret', 'user-agent': 'curl/8' },
};

describe('rule conditions', () => {
  const matches = (...conditions: RuleConditionRoute[]): boolean =>
    selectRule(
      [{ ruleArn: 'r', conditions, action: { kind: 'redirect', status: 301, location: '' } }],
      request,
    ) !== undefined;

  test.each<[string, RuleConditionRoute, boolean]>([
    ['a host without regard to case', { field: 'host-header', values: ['*.example.COM'] }, true],
    ['another host', { field: 'host-header', values: ['example.com'] }, false],
    ['a path', { field: 'path-pattern', values: ['/v?/*'] }, true],
    ['a path with regard to case', { field: 'path-pattern', values: ['/V1/*'] }, false],
    ['? as exactly one', { field: 'path-pattern', values: ['/v1/im'] }, false],
    ['a dot as itself', { field: 'path-pattern', values: ['/v1.imu'] }, false],
    ['one of several methods', { field: 'http-request-method', values: ['POST', 'GET'] }, true],
    ['a method with regard to case', { field: 'http-request-method', values: ['get'] }, false],
    ['a header', { field: 'http-header', header: 'X-Probe', values: ['secret'] }, true],
    ['a header that is not there', { field: 'http-header', header: 'x-other', values: ['*'] }, false],
    ['a query pair', { field: 'query-string', values: [{ key: 'version', value: '?' }] }, true],
    ['a query value of any key', { field: 'query-string', values: [{ value: '3' }] }, false],
    ['an address in the range', { field: 'source-ip', values: ['10.1.0.0/16'] }, true],
    ['an address beside it', { field: 'source-ip', values: ['10.2.0.0/16', '::/0'] }, false],
  ])('%s', (_name, condition, expected) => {
    expect(matches(condition)).toBe(expected);
  });

  test('all conditions have to hold, and the first rule wins', () => {
    const path: RuleConditionRoute = { field: 'path-pattern', values: ['*'] };
    expect(matches(path, { field: 'http-request-method', values: ['PUT'] })).toBe(false);
    const action = { kind: 'redirect', status: 301, location: '' } as const;
    const rules = [
      { ruleArn: 'no', conditions: [{ field: 'path-pattern', values: ['/x'] } as const], action },
      { ruleArn: 'first', conditions: [path], action },
      { ruleArn: 'default', conditions: [], action },
    ];
    expect(selectRule(rules, request)?.ruleArn).toBe('first');
  });

  test('a redirect keeps what its template asks for', () => {
    const listener = { port: 80, protocol: 'HTTP' };
    const whole = '#{protocol}://#{host}:#{port}/#{path}?#{query}';
    expect(redirectLocation(whole, request, listener)).toBe(
      'http://api.Example.com:80/v1/imu?version=2&debug',
    );
    expect(redirectLocation('HTTPS://#{host}:443/#{path}', request, listener)).toBe(
      'https://api.Example.com:443/v1/imu',
    );
    expect(redirectLocation(whole, { ...request, query: '' }, listener)).toBe(
      'http://api.Example.com:80/v1/imu',
    );
  });
});

describe('weighted picks', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 5 });
  const entriesOf = (list: readonly number[]) => list.map((weight, index) => ({ key: `g${index}`, weight }));

  test('smooth: every prefix is within one request a group of its share, and 0 gets none', () => {
    fc.assert(
      fc.property(weights, (list) => {
        const picker = createSmoothPicker();
        const entries = entriesOf(list);
        const total = list.reduce((sum, weight) => sum + weight, 0);
        const counts = new Map<string, number>();
        for (let sent = 1; sent <= 300; sent++) {
          const key = picker.pick(entries);
          if (total === 0) return key === undefined;
          counts.set(key!, (counts.get(key!) ?? 0) + 1);
          for (const { key: name, weight } of entries) {
            const count = counts.get(name) ?? 0;
            if (weight === 0 ? count > 0 : Math.abs(count - (sent * weight) / total) > list.length)
              return false;
          }
        }
        return true;
      }),
    );
  });

  test('smooth: exact over a whole round', () => {
    const picker = createSmoothPicker();
    const keys = Array.from({ length: 100 }, () => picker.pick(entriesOf([90, 10])));
    expect(keys.filter((key) => key === 'g1')).toHaveLength(10);
  });

  test('random: follows its source, and 0 gets none at either end', () => {
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (list, value) => {
        const key = createRandomPicker(() => value).pick(entriesOf(list));
        const weight = entriesOf(list).find((entry) => entry.key === key)?.weight;
        return list.some((one) => one > 0) ? weight! > 0 : key === undefined;
      }),
    );
  });
});

describe('targets', () => {
  const target = (id: string, state: TargetRoute['state']): TargetRoute => ({
    id,
    port: 80,
    zone: 'a',
    state,
    ownerTaskArn: undefined,
  });
  const ids = (targets: readonly TargetRoute[]): string => targets.map(({ id }) => id).join('');

  test('healthy ones only; all but draining and unused when there are too few', () => {
    const targets = [
      target('h', 'healthy'),
      target('u', 'unhealthy'),
      target('i', 'initial'),
      target('d', 'draining'),
      target('n', 'unused'),
    ];
    expect(ids(eligibleTargets({ targets }))).toBe('h');
    expect(ids(eligibleTargets({ targets: targets.slice(1) }))).toBe('ui');
    expect(ids(eligibleTargets({ targets, minimumHealthy: { count: 1, percentage: 33 } }))).toBe('h');
    expect(ids(eligibleTargets({ targets, minimumHealthy: { count: 1, percentage: 34 } }))).toBe('hui');
    expect(ids(eligibleTargets({ targets, minimumHealthy: { count: 2, percentage: undefined } }))).toBe(
      'hui',
    );
  });

  test('round robin is even; least outstanding takes the emptiest; slow start gets its share', () => {
    const [one, two] = [target('1', 'healthy'), target('2', 'healthy')];
    const counts = (
      shares: readonly [number, number],
      outstanding: readonly [number, number],
      algorithm: 'round_robin' | 'least_outstanding_requests',
    ): string => {
      const picker = new TargetPicker();
      const candidates = [
        { target: one, outstanding: outstanding[0], share: shares[0] },
        { target: two, outstanding: outstanding[1], share: shares[1] },
      ];
      const picked = Array.from({ length: 110 }, () => picker.pick(candidates, algorithm)?.id);
      return `${picked.filter((id) => id === '1').length}/${picked.filter((id) => id === '2').length}`;
    };
    expect(counts([1, 1], [9, 0], 'round_robin')).toBe('55/55');
    expect(counts([1, 1], [1, 0], 'least_outstanding_requests')).toBe('0/110');
    expect(counts([1, 1], [3, 3], 'least_outstanding_requests')).toBe('55/55');
    expect(counts([1, 0.1], [0, 0], 'round_robin')).toBe('100/10');
    expect([
      slowStartShare(0, 30_000, 0),
      slowStartShare(0, 30_000, 15_000),
      slowStartShare(0, 30_000, 30_000),
    ]).toEqual([0.1, 0.5, 1]);
    expect(slowStartShare(undefined, 30_000, 0)).toBe(1);
  });

  test('a stickiness cookie holds until it expires, and only among the groups of its rule', () => {
    const cookie = `x=1; ${stickinessSetCookie('blue', 1000, 60, 60).split(';')[0]}`;
    expect(stickyGroup(cookie, ['green', 'blue'], 60_999)).toBe('blue');
    expect(stickyGroup(cookie, ['green', 'blue'], 61_000)).toBeUndefined();
    expect(stickyGroup(cookie, ['green'], 1000)).toBeUndefined();
    expect(stickyGroup('AWSALBTG=forged', ['blue'], 1000)).toBeUndefined();
  });

  test('health check matchers', () => {
    expect(['200', '200-299', '200,204', '199-200'].map((matcher) => matchesCode(matcher, 200))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['201', '201-299', '404,500'].map((matcher) => matchesCode(matcher, 200))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
