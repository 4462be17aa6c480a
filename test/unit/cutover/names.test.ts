/** What answers of name servers mean: where a name leads, and for how long that is remembered. */
import { describe, expect, test } from '@jest/globals';
import type { DnsRecord, NameFacts } from '../../../src/cutover/facts.ts';
import { chainOf, judgeName, ttlAt } from '../../../src/cutover/names.ts';

const name = 'api.example.com';
const balancer = 'ips-api-alb-1.ap-south-1.elb.amazonaws.com';
const record = (of: string, type: string, data: string, ttlSeconds = 60): DnsRecord => ({
  name: of,
  type,
  ttlSeconds,
  data,
});
const toBalancer = [record(name, 'CNAME', balancer, 300), record(balancer, 'A', '192.0.2.1')];

function judged(
  change: Partial<NameFacts> & { readonly records?: readonly DnsRecord[]; code?: string } = {},
) {
  const { records = toBalancer, code = 'NOERROR', ...more } = change;
  const facts: NameFacts = {
    answer: { kind: 'answer', authoritative: true, code, records },
    balancerAddresses: ['192.0.2.1', '192.0.2.2'],
    zoneTtlSeconds: 300,
    ...more,
  };
  return judgeName(name, balancer, 300, facts).map(({ kind, sentence }) => `${kind}: ${sentence}`);
}

describe('where it leads', () => {
  test.each([
    ['a CNAME to the load balancer', toBalancer, /^good: api\.example\.com is a name for the load balancer/],
    [
      'by another name of yours',
      [
        record(name, 'CNAME', 'lb.example.com'),
        record('lb.example.com', 'CNAME', balancer),
        record(balancer, 'A', '192.0.2.9'),
      ],
      /lb\.example\.com → ips-api-alb-1/,
    ],
    [
      'as dualstack',
      [record(name, 'CNAME', `dualstack.${balancer}`), record(`dualstack.${balancer}`, 'A', '192.0.2.1')],
      /^good/,
    ],
    [
      'an alias: its addresses',
      [record(name, 'A', '192.0.2.2')],
      /^good: .* has the load balancer's addresses \(192\.0\.2\.2\)/,
    ],
    [
      'the host',
      [record(name, 'A', '203.0.113.10')],
      /^problem: api\.example\.com leads to 203\.0\.113\.10, and the load balancer .* is at 192\.0\.2\.1, 192\.0\.2\.2/,
    ],
    [
      'both',
      [record(name, 'A', '192.0.2.2'), record(name, 'A', '203.0.113.10')],
      /^problem: .* leads to 203\.0\.113\.10,/,
    ],
    [
      'the host by IPv6 only',
      [record(name, 'A', '192.0.2.2'), record(name, 'AAAA', '2001:db8::1')],
      /^problem: .* leads to 2001:db8::1,/,
    ],
    [
      'another load balancer',
      [
        record(name, 'CNAME', 'other.elb.amazonaws.com'),
        record('other.elb.amazonaws.com', 'A', '192.0.2.77'),
      ],
      /^problem/,
    ],
    ['nothing', [], /^problem: api\.example\.com leads nowhere: the name server says no address/],
  ])('%s', (_name, records, words) => {
    expect(judged({ records })[0]).toMatch(words);
  });

  test('an answer without one', () => {
    expect(judged({ records: [], code: 'NXDOMAIN' })).toEqual([
      expect.stringMatching(/^problem: .* NXDOMAIN/),
    ]);
    expect(judged({ answer: { kind: 'silent', reason: 'no answer of 192.0.2.53:53' } })).toEqual([
      'problem: The address of api.example.com could not be asked for: no answer of 192.0.2.53:53.',
    ]);
  });

  test('a circle of names ends', () => {
    const circle = [record('a', 'CNAME', 'b'), record('b', 'CNAME', 'a')];
    expect(chainOf('a', circle).length).toBeLessThan(20);
  });
});

describe('the TTL', () => {
  test.each([
    [300, 300, /^good: .* TTL of 5m/],
    [301, 300, /^problem: .* TTL of 5m1s, and 5m is the most/],
    [86_400, 60, /^problem: .* TTL of 24h/],
  ])('%i s in the zone and %i s remembered', (zoneTtlSeconds, remembered, words) => {
    const records = [record(name, 'CNAME', balancer, remembered), record(balancer, 'A', '192.0.2.1')];
    expect(judged({ zoneTtlSeconds, records })[1]).toMatch(words);
  });

  test.each([
    [60, /^note: A name server remembers the record of api\.example\.com for 1m more/],
    [4000, /^problem: .* TTL of 1h6m40s/],
  ])('remembered alone, for %i s', (remembered, words) => {
    const records = [record(name, 'CNAME', balancer, remembered), record(balancer, 'A', '192.0.2.1')];
    expect(judged({ zoneTtlSeconds: undefined, records })[1]).toMatch(words);
  });

  test('is that of the name, not of what lies behind it', () => {
    expect(ttlAt(name, toBalancer)).toBe(300);
    expect(ttlAt(balancer, toBalancer)).toBe(60);
    expect(ttlAt('else', toBalancer)).toBeUndefined();
  });
});
