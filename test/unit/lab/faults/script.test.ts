import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseFaultScript, randomFaults } from '../../../../src/lab/world/faults/index.ts';
import { World } from '../../../../src/lab/world/world.ts';

const rule = (more: object) => ({ id: 'a', match: {}, effect: { kind: 'throttle' }, ...more });

const finding = { name: 'CVE-1', severity: 'HIGH', packageName: 'zlib', packageVersion: '1.2' };

test('a good script is taken as it is', () => {
  const script = {
    rules: [
      rule({
        match: { service: 'ecs', operation: 'Update*', mutates: true },
        fromMs: 0,
        untilMs: 5,
        count: 2,
      }),
      rule({ id: 'b', effect: { kind: 'slow', ms: 100 }, probability: 0.5 }),
    ],
    events: [
      { id: 'c', atMs: 10, event: { kind: 'alarm', name: 'errors', state: 'ALARM' } },
      { id: 'd', atMs: 20, event: { kind: 'zone-dark', zone: 'ap-south-1a' } },
      { id: 'e', atMs: 30, event: { kind: 'scan-findings', digest: 'sha256:0', findings: [finding] } },
    ],
  };
  expect(parseFaultScript(script)).toEqual({ ok: true, script });
  expect(parseFaultScript({})).toEqual({ ok: true, script: { rules: [], events: [] } });
});

test('all problems come at once, each with its place, what was given and what is allowed', () => {
  const parsed = parseFaultScript({
    rules: [
      rule({ match: { service: 'ec2', mutates: 'yes' }, probability: 2 }),
      rule({ id: 'b', effect: { kind: 'explode' }, nth: 0, tryAgain: true }),
      rule({ effect: { kind: 'slow' }, fromMs: 5, untilMs: 5, nth: 1, count: 1 }),
    ],
    events: [
      { id: 'e', atMs: -1, event: { kind: 'set-weights', ruleArn: '', weights: { tg: 1000 } } },
      {
        id: 'f',
        atMs: 0,
        event: { kind: 'scan-findings', digest: '', findings: [{ ...finding, severity: 'BAD' }] },
      },
    ],
    extra: 1,
  });
  if (parsed.ok) throw new Error('the script was taken');
  expect(parsed.problems).toEqual([
    expect.stringMatching(/^rules\[0\]\.match\.service is "ec2"; allowed: ecs, elasticloadbalancing/),
    'rules[0].match.mutates is "yes"; allowed: true, false',
    'rules[0].probability is 2; allowed: a number 0 to 1',
    'rules[1].nth is 0; allowed: a whole number from 1',
    expect.stringMatching(/^rules\[1\]\.effect\.kind is "explode"; allowed: throttle, /),
    expect.stringMatching(/^rules\[1\]\.tryAgain is not known; allowed: /),
    'rules[2].effect.ms is missing; allowed: a number from 0',
    'rules[2].untilMs is 5; allowed: more than fromMs (5)',
    'rules[2].count is 1; allowed: not together with nth',
    'events[0].atMs is -1; allowed: a number from 0',
    'events[0].event.ruleArn is ""; allowed: the ARN of a rule or a listener',
    'events[0].event.weights is {"tg":1000}; allowed: an object of target group ARN to weight, 0 to 999',
    'events[1].event.digest is ""; allowed: sha256:… of the manifest of one platform',
    'events[1].event.findings[0].severity is "BAD"; allowed: CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNDEFINED',
    'script.extra is not known; allowed: events, rules',
    'The id "a" is used more than once.',
  ]);
  expect(() => new World().loadFaultScript({ rules: 5 })).toThrow('script.rules is 5; allowed: a list');
});

test('whatever is given, the answer is a script or problems', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (any, rules, event) => {
      for (const value of [
        any,
        { rules },
        { rules: [any, rule({ match: any, effect: rules })] },
        { events: [{ event }] },
      ]) {
        const parsed = parseFaultScript(value);
        if (!parsed.ok) expect(parsed.problems.length).toBeGreaterThan(0);
      }
    }),
  );
});

describe('drawn scripts', () => {
  test('are valid, end, and are the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.double({ min: 0, max: 1, noNaN: true }), (seed, intensity) => {
        const script = randomFaults(seed, intensity);
        expect(parseFaultScript(JSON.parse(JSON.stringify(script)))).toEqual({ ok: true, script });
        expect(randomFaults(seed, intensity)).toEqual(script);
        for (const one of script.rules) expect(one.untilMs).toBeGreaterThan(one.fromMs ?? 0);
      }),
    );
  });

  test('grow with the intensity', () => {
    expect(randomFaults(1, 0).rules).toHaveLength(0);
    expect(randomFaults(1, 0.5).rules).toHaveLength(6);
    expect(randomFaults(1, 1).rules).toHaveLength(12);
    expect(randomFaults(1, 1)).not.toEqual(randomFaults(2, 1));
    expect(() => randomFaults(1, 1.1)).toThrow('0 to 1 is allowed');
  });
});
