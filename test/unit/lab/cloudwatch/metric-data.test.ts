import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Answer, call, dimensions, errorOf, minute, start, stat, watching } from './fixture.ts';

function read(
  service: ReturnType<typeof watching>['cloudwatch'],
  queries: unknown[],
  from = 0,
  to = 10,
  more = {},
): Answer {
  return call(service, 'GetMetricData', {
    MetricDataQueries: queries,
    StartTime: new Date(start + from * minute),
    EndTime: new Date(start + to * minute),
    ScanBy: 'TimestampAscending',
    ...more,
  });
}

describe('GetMetricData', () => {
  test('start is included, end is not', () => {
    const { cloudwatch, kernel, put } = watching();
    for (let at = 0; at < 4; at++) put('Requests', at, at + 1);
    kernel.advanceTo(start + 10 * minute);
    const result = read(cloudwatch, [stat('m', 'Requests', 'Sum')], 1, 3).MetricDataResults[0];
    expect(result).toEqual({
      Id: 'm',
      Label: 'Requests',
      Timestamps: [new Date(start + minute), new Date(start + 2 * minute)],
      Values: [2, 3],
      StatusCode: 'Complete',
    });
  });

  test('newest first where no order is asked for', () => {
    const { cloudwatch, kernel, put } = watching();
    put('Requests', 0, 1);
    put('Requests', 1, 2);
    kernel.advanceTo(start + 10 * minute);
    const answer = read(cloudwatch, [stat('m', 'Requests', 'Sum')], 0, 10, { ScanBy: undefined });
    expect(answer.MetricDataResults[0].Values).toEqual([2, 1]);
  });

  test('a minute appears whole, and only after the publishing delay', () => {
    const { cloudwatch, kernel, put } = watching({ minDelayMs: 60_000, maxDelayMs: 120_000 });
    put('Requests', 0, 1, 1, 1);
    const values = () => read(cloudwatch, [stat('m', 'Requests', 'Sum')]).MetricDataResults[0].Values;
    kernel.advanceTo(start + 2 * minute - 1);
    expect(values()).toEqual([]);
    kernel.advanceTo(start + 3 * minute);
    expect(values()).toEqual([3]);
  });

  test('lost minutes leave gaps', () => {
    const { cloudwatch, kernel, put } = watching();
    put('Requests', 0, 1);
    cloudwatch.setPublishing({ lostShare: 1 });
    put('Requests', 1, 1);
    cloudwatch.setPublishing({ lostShare: 0 });
    put('Requests', 2, 1);
    kernel.advanceTo(start + 10 * minute);
    const { Timestamps } = read(cloudwatch, [stat('m', 'Requests', 'Sum')]).MetricDataResults[0];
    expect(Timestamps).toEqual([new Date(start), new Date(start + 2 * minute)]);
  });

  test('longer periods gather minutes, aligned to the period', () => {
    const { cloudwatch, kernel, put } = watching();
    for (const at of [0, 4, 5, 7]) put('Requests', at, 10);
    kernel.advanceTo(start + 20 * minute);
    const { Timestamps, Values } = read(cloudwatch, [stat('m', 'Requests', 'Sum', 300)]).MetricDataResults[0];
    expect(Timestamps).toEqual([new Date(start), new Date(start + 5 * minute)]);
    expect(Values).toEqual([20, 20]);
  });

  test('pages carry every data point once', () => {
    const { cloudwatch, kernel, put } = watching();
    for (let at = 0; at < 5; at++) {
      put('One', at, at);
      put('Two', at, 10 + at);
    }
    kernel.advanceTo(start + 10 * minute);
    const queries = [stat('a', 'One', 'Sum'), stat('b', 'Two', 'Sum')];
    const seen: Record<string, number[]> = { a: [], b: [] };
    let token: string | undefined;
    let pages = 0;
    do {
      const answer = read(cloudwatch, queries, 0, 10, { MaxDatapoints: 3, NextToken: token });
      for (const result of answer.MetricDataResults) seen[result.Id]!.push(...result.Values);
      token = answer.NextToken;
      pages += 1;
    } while (token !== undefined);
    expect(pages).toBe(4);
    expect(seen).toEqual({ a: [0, 1, 2, 3, 4], b: [10, 11, 12, 13, 14] });
  });

  test.each([
    [500, 'none'],
    [501, 'ValidationError'],
  ])('%i queries: %s', (count, outcome) => {
    const { cloudwatch } = watching();
    const queries = Array.from({ length: count }, (_, index) => stat(`m${index}`, 'Requests', 'Sum'));
    const input = {
      MetricDataQueries: queries,
      StartTime: new Date(start),
      EndTime: new Date(start + minute),
    };
    expect(errorOf(cloudwatch, 'GetMetricData', input)).toBe(outcome);
  });

  test.each([
    ['an Id in capitals', { Id: 'M1', Expression: '1+1' }],
    ['an unknown statistic', stat('m', 'Requests', 'p101')],
    ['a period of 90 s', stat('m', 'Requests', 'Sum', 90)],
    ['neither form', { Id: 'm' }],
  ])('%s is refused', (_, query) => {
    const { cloudwatch } = watching();
    const input = {
      MetricDataQueries: [query],
      StartTime: new Date(start),
      EndTime: new Date(start + minute),
    };
    expect(errorOf(cloudwatch, 'GetMetricData', input)).toBe('ValidationError');
  });
});

describe('statistics', () => {
  const of = (statistic: string, ...values: number[]) => {
    const { cloudwatch, kernel, put } = watching();
    put('Latency', 0, ...values);
    kernel.advanceTo(start + 10 * minute);
    return read(cloudwatch, [stat('m', 'Latency', statistic)]).MetricDataResults[0].Values[0];
  };
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

  test.each([
    ['Sum', 5050],
    ['Average', 50.5],
    ['Minimum', 1],
    ['Maximum', 100],
    ['SampleCount', 100],
    ['p50', 50],
    ['p99', 99],
    ['p99.9', 100],
    ['p100', 100],
    ['tm90', 45.5],
    ['TM(10%:90%)', 50.5],
    ['TC(:10)', 10],
    ['TC(10:)', 90],
    ['TC(10:20)', 10],
    ['TS(:3)', 6],
    ['PR(:25)', 25],
    ['WM(:90%)', 49.95],
    ['IQM', 50.5],
  ])('%s of 1 to 100 is %d', (statistic, expected) => {
    expect(of(statistic, ...hundred)).toBeCloseTo(expected, 9);
  });

  test('percentiles are within three significant digits of the true ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 100, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        (values, share) => {
          const sorted = [...values].sort((one, other) => one - other);
          const exact = sorted[Math.max(0, Math.ceil((share / 100) * sorted.length - 1e-9) - 1)]!;
          expect(Math.abs(of(`p${share}`, ...values) / exact - 1)).toBeLessThanOrEqual(0.006);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('metric math', () => {
  const errorsAndRequests = () => {
    const { cloudwatch, kernel, put } = watching();
    put('Errors', 0, 2);
    put('Requests', 0, 10);
    put('Requests', 1, 20);
    put('Errors', 3, 1);
    put('Requests', 3, 4);
    kernel.advanceTo(start + 10 * minute);
    return (expression: string) => {
      const hidden = [stat('e', 'Errors', 'Sum'), stat('r', 'Requests', 'Sum')];
      const queries = [
        ...hidden.map((query) => ({ ...query, ReturnData: false })),
        { Id: 'x', Expression: expression },
      ];
      const results = read(cloudwatch, queries, 0, 4).MetricDataResults;
      expect(results).toHaveLength(1);
      return results[0].Values;
    };
  };

  test.each([
    ['100 * e / r', [20, 25]],
    ['FILL(e, 0) / r', [0.2, 0, 0.25]],
    ['FILL(e, REPEAT)', [2, 2, 2, 1]],
    ['SUM(METRICS())', [12, 20, 5]],
    ['SUM(METRICS("e"))', [2, 1]],
    ['SUM([e, r]) - r', [2, 0, 1]],
    ['MAX([e, r])', [10, 20, 4]],
    ['IF(r > 5, FILL(e, 0), 0)', [2, 0, 0]],
    ['IF(r >= 10 AND r < 20, 1, 0)', [1, 0, 0]],
    ['-e + 2 * (3 - 1)', [2, 3]],
    ['e / 0', []],
    ['r - SUM(r)', [-24, -14, -30]],
  ])('%s', (expression, expected) => {
    expect(errorsAndRequests()(expression)).toEqual(expected);
  });

  test.each(['RATE(e)', 'e +', 'unknown + 1', 'x + 1', 'FILL(e)', 'e r', '[e', 'METRICS()', 'e # r'])(
    '%s is refused',
    (expression) => {
      expect(() => errorsAndRequests()(expression)).toThrow(
        expect.objectContaining({ code: 'ValidationError' }),
      );
    },
  );
});

describe('PutMetricData, ListMetrics, GetMetricStatistics', () => {
  const put = (data: unknown[], namespace = 'Shop') => ({ Namespace: namespace, MetricData: data });

  test('values with counts are seen at once, by name and dimensions', () => {
    const { cloudwatch, kernel } = watching();
    const Dimensions = [{ Name: 'Version', Value: '2' }];
    call(
      cloudwatch,
      'PutMetricData',
      put([{ MetricName: 'Orders', Dimensions, Values: [1, 5], Counts: [3, 1], Unit: 'Count' }]),
    );
    expect(call(cloudwatch, 'ListMetrics', { Namespace: 'Shop' }).Metrics).toEqual([
      { Namespace: 'Shop', MetricName: 'Orders', Dimensions },
    ]);
    const answer = call(cloudwatch, 'GetMetricStatistics', {
      Namespace: 'Shop',
      MetricName: 'Orders',
      Dimensions,
      StartTime: new Date(kernel.now),
      EndTime: new Date(kernel.now + minute),
      Period: 60,
      Statistics: ['Sum', 'SampleCount'],
      ExtendedStatistics: ['p50'],
    });
    expect(answer).toEqual({
      Label: 'Orders',
      Datapoints: [
        { Timestamp: new Date(start), Unit: 'Count', Sum: 8, SampleCount: 4, ExtendedStatistics: { p50: 1 } },
      ],
    });
  });

  test.each([
    ['a namespace of AWS', put([{ MetricName: 'M', Value: 1 }], 'AWS/ELB'), 'InvalidParameterValue'],
    ['no value', put([{ MetricName: 'M' }]), 'InvalidParameterCombination'],
    ['no name', put([{ Value: 1 }]), 'MissingParameter'],
    [
      'counts that do not fit',
      put([{ MetricName: 'M', Values: [1], Counts: [1, 2] }]),
      'InvalidParameterValue',
    ],
    ['a time too old', put([{ MetricName: 'M', Value: 1, Timestamp: new Date(0) }]), 'InvalidParameterValue'],
  ])('%s is refused', (_, input, code) => {
    expect(errorOf(watching().cloudwatch, 'PutMetricData', input)).toBe(code);
  });
});

test('what was published before anybody asked is as it would have been, also where much of it waits', () => {
  const { kernel, cloudwatch, put } = watching();
  const sums = () =>
    cloudwatch
      .datapoints('AWS/ApplicationELB', 'Many', dimensions, 'Sum', 60, start, kernel.now)
      .map((point) => point.value);
  // More than are kept waiting, and asked for in the middle.
  for (let count = 0; count < 700; count++) put('Many', 0, 1);
  kernel.advanceTo(start + 2 * minute);
  expect(sums()).toEqual([700]);
  for (let count = 0; count < 300; count++) put('Many', 2, 2);
  kernel.advanceTo(start + 4 * minute);
  expect(sums()).toEqual([700, 600]);
});
