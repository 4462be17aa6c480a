import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRng } from '../../../../src/lab/world/random.ts';
import { type AppModel, appModel } from '../../../../src/lab/world/sim/app-model.ts';
import { binomial, latencyTable, multinomial } from '../../../../src/lab/world/sim/distributions.ts';
import { minute, region } from './fixture.ts';

/** Two EC2-like groups behind the listener, each with one healthy host. */
function twoHosts(green: Partial<AppModel> = {}, greenListens = true) {
  const greenId = 'i-0000000000000000b';
  const setup = region({}, {}, (id) => ({
    model: appModel(id === greenId ? green : {}),
    listening: id !== greenId || greenListens,
  }));
  const blue = setup.hostGroup;
  const greenGroup = setup.world.must('elasticloadbalancing', 'CreateTargetGroup', {
    Name: 'green',
    Protocol: 'HTTP',
    Port: 5000,
    VpcId: 'vpc-1',
    TargetType: 'instance',
  }).TargetGroups[0].TargetGroupArn as string;
  setup.shift({ [blue]: 1, [greenGroup]: 0 });
  setup.host(blue, 'i-0000000000000000a');
  setup.host(greenGroup, greenId);
  setup.wait(minute);
  return { ...setup, blue, green: greenGroup };
}

describe('weights', () => {
  test('split the requests within binomial bounds; zero means none', () => {
    const setup = twoHosts();
    const traffic = setup.traffic(100);
    traffic.start();
    setup.wait(10_000);
    expect(traffic.group(setup.green)).toEqual({ served: 0, harmed: 0, dropped: 0 });
    expect(traffic.group(setup.blue).served).toBe(1_000);
    setup.shift({ [setup.blue]: 90, [setup.green]: 10 });
    setup.wait(100_000);
    const share = traffic.group(setup.green).served;
    // 10,000 requests at 10 %: five standard deviations are 150.
    expect(Math.abs(share - 1_000)).toBeLessThan(150);
    expect(traffic.total).toEqual({ served: 11_000, harmed: 0, dropped: 0 });
  });

  test('a weighted group without targets is answered with 503, not by the other group', () => {
    const setup = twoHosts();
    setup.shift({ [setup.blue]: 1, [setup.otherGroup]: 1 });
    const traffic = setup.traffic(100);
    traffic.start();
    setup.wait(10_000);
    const empty = traffic.group(setup.otherGroup);
    expect(empty.served).toBe(0);
    expect(empty.harmed).toBeGreaterThan(400);
    expect(empty.harmed + traffic.group(setup.blue).served).toBe(1_000);
  });

  test('without a listener requests are dropped', () => {
    const setup = twoHosts();
    const traffic = setup.traffic(10);
    traffic.start();
    setup.world.must('elasticloadbalancing', 'DeleteListener', { ListenerArn: setup.listener });
    setup.wait(10_000);
    expect(traffic.total).toEqual({ served: 0, harmed: 0, dropped: 100 });
  });
});

describe('a bad application', () => {
  const metric = (setup: ReturnType<typeof twoHosts>, name: string, group?: string): number => {
    setup.wait(5 * minute);
    const { now } = setup.kernel;
    const LoadBalancer = setup.world
      .routing()
      .routingTable()
      .listeners[0]!.loadBalancerArn.split(':loadbalancer/')[1]!;
    const dimensions =
      group === undefined ? { LoadBalancer } : { LoadBalancer, TargetGroup: group.split(':').at(-1)! };
    const points = setup.world.cloudwatch.datapoints(
      'AWS/ApplicationELB',
      name,
      dimensions,
      'Sum',
      60,
      now - 20 * minute,
      now,
    );
    return points.reduce((sum, point) => sum + point.value, 0);
  };
  const loaded = (model: Partial<AppModel>, listens = true) => {
    const setup = twoHosts(model, listens);
    setup.shift({ [setup.blue]: 0, [setup.green]: 1 });
    const traffic = setup.traffic(100);
    traffic.start();
    setup.wait(20_000);
    traffic.stop();
    return { setup, harmed: traffic.group(setup.green).harmed };
  };

  test('5xx are counted for its target group', () => {
    const { setup, harmed } = loaded({ errorRate: 0.2 });
    expect(Math.abs(harmed - 400)).toBeLessThan(100);
    expect(metric(setup, 'HTTPCode_Target_5XX_Count', setup.green)).toBe(harmed);
    expect(metric(setup, 'HTTPCode_ELB_5XX_Count')).toBe(0);
  });

  test('answers with a 404 harm nobody and are counted for its target group', () => {
    const { setup, harmed } = loaded({ errorRate: 0.2, clientErrorRate: 0.25 });
    const refused = metric(setup, 'HTTPCode_Target_4XX_Count', setup.green);
    expect(Math.abs(harmed - 400)).toBeLessThan(100);
    expect(Math.abs(refused - 400)).toBeLessThan(100);
    expect(metric(setup, 'HTTPCode_Target_2XX_Count', setup.green)).toBe(2000 - harmed - refused);
    expect(metric(setup, 'HTTPCode_ELB_4XX_Count')).toBe(0);
  });

  test.each([
    ['hangs', { hangShare: 0.2 }, '504'],
    ['closed connections', { closeShare: 0.2 }, '502'],
  ])('%s are counted for the load balancer only', (_, model, code) => {
    const { setup, harmed } = loaded(model);
    expect(Math.abs(harmed - 400)).toBeLessThan(100);
    expect(metric(setup, `HTTPCode_ELB_${code}_Count`)).toBe(harmed);
    expect(metric(setup, 'HTTPCode_ELB_5XX_Count', setup.green)).toBe(0);
    expect(metric(setup, 'HTTPCode_Target_5XX_Count', setup.green)).toBe(0);
  });

  test('one that does not listen still gets requests when it is all there is (fail open), as 502', () => {
    const { setup, harmed } = loaded({}, false);
    expect(harmed).toBe(2_000);
    expect(metric(setup, 'TargetConnectionErrorCount', setup.green)).toBe(2_000);
    expect(metric(setup, 'HTTPCode_ELB_502_Count')).toBe(2_000);
  });
});

describe('draws', () => {
  test('binomial stays within its bounds and near its mean', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, trials, share) => {
          const drawn = binomial(createRng(seed, 'test'), trials, share);
          expect(Number.isInteger(drawn) && drawn >= 0 && drawn <= trials).toBe(true);
          expect(Math.abs(drawn - trials * share)).toBeLessThanOrEqual(
            8 * Math.sqrt(trials * share * (1 - share)) + 8,
          );
        },
      ),
    );
  });

  test('multinomial hands out every trial, none to a weight of zero', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 1_000 }),
        fc
          .array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 5 })
          .filter((all) => all.some(Boolean)),
        (seed, trials, weights) => {
          const drawn = multinomial(createRng(seed, 'test'), trials, weights);
          expect(drawn.reduce((sum, count) => sum + count, 0)).toBe(trials);
          weights.forEach((weight, index) => {
            if (weight === 0) expect(drawn[index]).toBe(0);
          });
        },
      ),
    );
  });

  test('response times have the mean and the 95th percentile they were asked for', () => {
    const table = latencyTable(40, 90);
    const mean = table.reduce((sum, value) => sum + value, 0) / table.length;
    expect(Math.abs(mean / 0.04 - 1)).toBeLessThan(0.03);
    expect(Math.abs(table[190]! / 0.09 - 1)).toBeLessThan(0.03);
  });
});
