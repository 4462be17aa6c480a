import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FaultEffect, type FaultRule, randomFaults } from '../../../../src/lab/world/faults/index.ts';
import type { ServiceId } from '../../../../src/lab/world/service.ts';
import { World } from '../../../../src/lab/world/world.ts';

function setUp(...rules: readonly (Omit<FaultRule, 'id' | 'match'> & Partial<FaultRule>)[]) {
  const world = new World();
  world.loadFaults({
    rules: rules.map((rule, index) => ({ id: `r${index}`, match: {}, ...rule })),
    events: [],
  });
  const call = (service: ServiceId, operation: string, input: object = {}) =>
    world.call({ service, operation, input, principal: world.root });
  const create = (repositoryName: string) => call('ecr', 'CreateRepository', { repositoryName });
  const advance = (ms: number) => world.kernel.advanceTo(world.kernel.now + ms);
  return { world, call, create, advance };
}

describe('effects', () => {
  test.each<[FaultEffect['kind'], ServiceId, string, string, number]>([
    ['throttle', 'ecs', 'ListClusters', 'ThrottlingException', 400],
    ['throttle', 'elasticloadbalancing', 'DescribeRules', 'Throttling', 400],
    ['server-error', 'ecs', 'ListClusters', 'ServerException', 500],
    ['server-error', 'elasticloadbalancing', 'DescribeRules', 'ServiceUnavailable', 503],
    ['expired-credentials', 'ecs', 'ListClusters', 'ExpiredTokenException', 400],
    ['expired-credentials', 'cloudwatch', 'DescribeAlarms', 'ExpiredToken', 403],
    ['access-denied', 'ecr', 'DescribeRepositories', 'AccessDeniedException', 400],
    ['access-denied', 'elasticloadbalancing', 'DescribeRules', 'AccessDenied', 403],
  ])('%s on %s is %s', (kind, service, operation, code, status) => {
    const { call } = setUp({ effect: { kind } as FaultEffect });
    expect(call(service, operation)).toMatchObject({ kind: 'error', error: { code, status } });
  });

  test('a reset leaves nothing behind, a lost answer its effect', () => {
    const before = setUp({ effect: { kind: 'reset' } });
    expect(before.create('api')).toEqual({ kind: 'reset', effectHappened: false, delayMs: 0 });
    expect(before.world.ecr.repositoryExists('api')).toBe(false);
    const lost = setUp({ effect: { kind: 'reset-after-effect' } });
    expect(lost.create('api')).toEqual({ kind: 'reset', effectHappened: true, delayMs: 0 });
    expect(lost.world.ecr.repositoryExists('api')).toBe(true);
  });

  test('a lost answer to a call that IAM denies has no effect to lose', () => {
    const { world } = setUp({ effect: { kind: 'reset-after-effect' } });
    const principal = { kind: 'user', arn: 'arn:aws:iam::123456789012:user/x', name: 'x' } as const;
    const result = world.call({
      service: 'ecr',
      operation: 'CreateRepository',
      input: { repositoryName: 'api' },
      principal,
    });
    expect(result.kind).toBe('error');
  });

  test('slowness adds up, and to other trouble', () => {
    const { create } = setUp(
      { effect: { kind: 'slow', ms: 300 } },
      { effect: { kind: 'slow', ms: 200 } },
      { effect: { kind: 'throttle' }, nth: 2 },
    );
    expect(create('one')).toMatchObject({ kind: 'answer', delayMs: 500 });
    expect(create('two')).toMatchObject({ kind: 'error', delayMs: 500 });
  });
});

test('whatever goes wrong, a call had its effect where its result says so, and only there', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0 }), (seed) => {
      const world = new World({ seed, faults: randomFaults(seed, 1) });
      for (let index = 0; index < 200; index++) {
        const repositoryName = `repository-${index}`;
        const input = { repositoryName };
        const result = world.call({
          service: 'ecr',
          operation: 'CreateRepository',
          input,
          principal: world.root,
        });
        const claimed = result.kind === 'answer' || (result.kind === 'reset' && result.effectHappened);
        expect(world.ecr.repositoryExists(repositoryName)).toBe(claimed);
        world.kernel.advanceTo(world.kernel.now + 5000);
      }
    }),
    { numRuns: 30 },
  );
});

describe('which calls', () => {
  test.each<[FaultRule['match'], boolean, boolean]>([
    [{}, true, true],
    [{ service: 'ecr' }, true, false],
    [{ operation: 'Create*' }, true, false],
    [{ mutates: true }, true, false],
    [{ mutates: false }, false, true],
    [{ principal: '*:root' }, true, true],
    [{ principal: '*:user/*' }, false, false],
    [{ service: 'ecr', mutates: false }, false, false],
  ])('%j', (match, hitsCreate, hitsList) => {
    const { create, call } = setUp({ match, effect: { kind: 'throttle' } });
    expect(create('api').kind).toBe(hitsCreate ? 'error' : 'answer');
    expect(call('ecs', 'ListClusters').kind).toBe(hitsList ? 'error' : 'answer');
  });

  test('from is included, until is not', () => {
    const { create, advance } = setUp({ fromMs: 1000, untilMs: 2000, effect: { kind: 'throttle' } });
    const kinds = [0, 999, 1, 999, 1].map((ms, index) => {
      advance(ms);
      return create(`r${index}`).kind;
    });
    expect(kinds).toEqual(['answer', 'answer', 'error', 'error', 'answer']);
  });

  test('nth is one call, count the first few', () => {
    const outcome = (rule: Partial<FaultRule>) => {
      const { create } = setUp({ effect: { kind: 'throttle' }, ...rule });
      return [1, 2, 3, 4].map((index) => create(`r${index}`).kind === 'error');
    };
    expect(outcome({ nth: 2 })).toEqual([false, true, false, false]);
    expect(outcome({ count: 2 })).toEqual([true, true, false, false]);
    expect(outcome({ probability: 0 })).toEqual([false, false, false, false]);
    expect(outcome({ probability: 1 })).toEqual([true, true, true, true]);
  });

  test('the seed decides what probability hits, and the share is right', () => {
    const hits = (seed: number) => {
      const world = new World({ seed });
      const rule: FaultRule = { id: 'x', match: {}, probability: 0.3, effect: { kind: 'throttle' } };
      world.loadFaults({ rules: [rule], events: [] });
      return Array.from(
        { length: 2000 },
        () =>
          world.call({ service: 'ecs', operation: 'ListClusters', input: {}, principal: world.root }).kind ===
          'error',
      );
    };
    expect(hits(1)).toEqual(hits(1));
    expect(hits(1)).not.toEqual(hits(2));
    // Five standard deviations of a binomial with n 2000, p 0.3.
    expect(Math.abs(hits(1).filter(Boolean).length - 600)).toBeLessThan(5 * Math.sqrt(2000 * 0.3 * 0.7));
  });
});

describe('reads that lag', () => {
  const lag = { effect: { kind: 'read-lag', ms: 5000 }, match: { mutates: false } } as const;
  const names = (result: ReturnType<ReturnType<typeof setUp>['call']>) => {
    if (result.kind !== 'answer') return result.kind;
    const output = result.output as { repositories: readonly { repositoryName: string }[] };
    return output.repositories.map((repository) => repository.repositoryName).join();
  };

  test('a list shows a change only once it is old enough', () => {
    const { create, call, advance } = setUp(lag);
    const list = () => names(call('ecr', 'DescribeRepositories'));
    expect(list()).toBe('');
    advance(10_000);
    create('one');
    expect(list()).toBe('');
    advance(5_000);
    expect(list()).toBe('');
    advance(1);
    expect(list()).toBe('one');
  });

  test('what was not there is still said not to be there', () => {
    const { create, call, advance } = setUp(lag);
    const describe = () => call('ecr', 'DescribeRepositories', { repositoryNames: ['one'] });
    expect(describe()).toMatchObject({ error: { code: 'RepositoryNotFoundException' } });
    create('one');
    expect(describe()).toMatchObject({ error: { code: 'RepositoryNotFoundException' } });
    advance(5_001);
    expect(names(describe())).toBe('one');
  });

  test('two changes come into sight one after the other', () => {
    const { create, call, advance } = setUp(lag);
    const list = () => names(call('ecr', 'DescribeRepositories'));
    list();
    create('one');
    advance(2000);
    create('two');
    advance(3001);
    expect(list()).toBe('one');
    advance(2000);
    expect(list()).toBe('one,two');
  });

  test('once the rule is over, reads are up to date', () => {
    const { create, call, advance } = setUp({ ...lag, untilMs: 1000 });
    call('ecr', 'DescribeRepositories');
    create('one');
    expect(names(call('ecr', 'DescribeRepositories'))).toBe('');
    advance(1000);
    expect(names(call('ecr', 'DescribeRepositories'))).toBe('one');
  });
});

test('API rates: the burst at once, then the sustained rate', () => {
  const world = new World({ rateLimits: true });
  const register = () =>
    world.call({ service: 'ecs', operation: 'RegisterTaskDefinition', input: {}, principal: world.root });
  const throttled = () => {
    const result = register();
    return result.kind === 'error' && result.error.code === 'ThrottlingException';
  };
  expect(Array.from({ length: 21 }, throttled)).toEqual([...Array(20).fill(false), true]);
  world.kernel.advanceTo(world.kernel.now + 999);
  expect(throttled()).toBe(true);
  world.kernel.advanceTo(world.kernel.now + 1);
  expect([throttled(), throttled()]).toEqual([false, true]);
  expect(world.callCounts()).toEqual({ 'ecs:RegisterTaskDefinition': 24 });
});
