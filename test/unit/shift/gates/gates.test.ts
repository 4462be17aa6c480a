import { describe, expect, test } from '@jest/globals';
import { addProbes } from '../../../../src/shift/evidence.ts';
import { alarmGate } from '../../../../src/shift/gates/alarms.ts';
import { harmGate } from '../../../../src/shift/gates/harm.ts';
import { askGates } from '../../../../src/shift/gates/index.ts';
import { freshGate, readableGate, routingGate, toldGate } from '../../../../src/shift/gates/metrics.ts';
import {
  equallyBadGate,
  errorObjectiveGate,
  latencyObjectiveGate,
} from '../../../../src/shift/gates/objectives.ts';
import { ownCheckGate } from '../../../../src/shift/gates/own-check.ts';
import { shareGate } from '../../../../src/shift/gates/share.ts';
import { exitGate, revisionGate, targetGate } from '../../../../src/shift/gates/tasks.ts';
import { splitAt } from '../../../../src/shift/ladder.ts';
import { judgePromotion } from '../../../../src/shift/promotion.ts';
import { foreseeableLack } from '../../../../src/shift/safety.ts';
import type { GreenServiceFacts } from '../../../../src/shift/state.ts';
import { baseline, blueArn, factsOf, former, greenArn, healthy, planOf } from '../plan-fixture.ts';
import { type Counted, evidenceOf, minute, questionOf, short, start, times } from './ask.ts';

const at100 = { weights: [{ at: start, percent: 100 }] };

describe('alarms', () => {
  const alarm = (state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'missing') =>
    factsOf({ alarms: [{ name: 'checkout', state, reason: 'Threshold Crossed' }] });
  test.each([
    { state: 'OK', stillRinging: [], answer: 'pass' },
    { state: 'INSUFFICIENT_DATA', stillRinging: [], answer: 'pass' },
    { state: 'ALARM', stillRinging: [], answer: 'alarm' },
    // It rang before the shift, and that was accepted.
    { state: 'ALARM', stillRinging: ['checkout'], answer: 'pass' },
    { state: 'missing', stillRinging: [], answer: 'hold' },
  ] as const)('$state, ringing since before: $stillRinging', ({ state, stillRinging, answer }) => {
    expect(short(alarmGate(questionOf({ facts: alarm(state) }, { stillRinging })))).toBe(answer);
  });
  test('an alarm that is not named says nothing', () => {
    const facts = factsOf({ alarms: [{ name: 'other', state: 'ALARM', reason: undefined }] });
    expect(short(alarmGate(questionOf({ facts })))).toBe('pass');
  });
});

describe('tasks and targets', () => {
  const service: GreenServiceFacts = {
    desiredCount: 3,
    runningCount: 3,
    running: undefined,
    deploymentId: 'ecs-svc/1',
    deploymentCreatedAt: 0,
    deployedDefinitionArn: undefined,
    taskDefinitionArn: 'x/api:2',
    rolloutState: 'COMPLETED',
    rolloutReason: undefined,
    serviceDeployment: undefined,
    stopped: [],
  };
  const plan = planOf({
    deploy: { kind: 'update', taskDefinitionArn: 'x/api:2', desiredCount: 3, newRevision: true },
  });
  const green = { deploymentId: 'ecs-svc/1', serviceDeploymentArn: undefined };
  test.each([
    { what: 'ours', change: {}, answer: 'pass' },
    { what: 'an older revision', change: { taskDefinitionArn: 'x/api:1' }, answer: 'green-superseded' },
    { what: 'a newer deployment', change: { deploymentId: 'ecs-svc/2' }, answer: 'green-superseded' },
  ])('revision: $what', ({ change, answer }) => {
    const facts = factsOf({ greenService: { ...service, ...change } });
    expect(short(revisionGate(questionOf({ plan, facts }, { green })))).toBe(answer);
  });
  test.each([
    [3, 'pass'],
    [2, 'unhealthy-targets'],
  ] as const)('%i of 3 targets healthy', (count, answer) => {
    expect(short(targetGate(questionOf({ facts: factsOf({ greenTargets: healthy(count) }) })))).toBe(answer);
  });
  const crashed = {
    arn: 'task/1',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'api', exitCode: 1, essential: true }],
  };
  test('a task that ended by itself fails, one that was known does not', () => {
    // biome-ignore lint/suspicious/noExplicitAny: what the gate reads of a stopped task, and no more
    const facts = factsOf({ greenService: { ...service, stopped: [crashed as any] } });
    expect(short(exitGate(questionOf({ plan, facts })))).toBe('container-exited');
    expect(short(exitGate(questionOf({ plan, facts }, { knownExits: ['task/1'] })))).toBe('pass');
  });
});

describe('metrics', () => {
  test('that cannot be read hold', () => {
    expect(short(readableGate(questionOf({}, { metricsProblem: 'denied' })))).toBe('hold');
  });
  test.each([
    { minutes: 3, expected: 20, answer: 'green-not-reached' },
    { minutes: 2, expected: 2000, answer: 'pass' },
    { minutes: 3, expected: 19, answer: 'pass' },
  ])('$minutes minutes without one of $expected requests', ({ minutes, expected, answer }) => {
    const emptyGreen = { minutes, expected };
    expect(short(routingGate(questionOf({}, { emptyGreen })))).toBe(answer);
  });
  const untold = { green: 600, unknown: 540, blue: 5400 };
  const told = { green: 600, blue: 5400 };
  test.each([
    { what: 'three', minutes: times(3, untold), answer: 'unanswered' },
    { what: 'two', minutes: times(2, untold), answer: 'pass' },
    { what: 'two after one and a good one', minutes: [untold, told, untold, untold], answer: 'pass' },
    { what: 'none of the latest', minutes: [untold, untold, untold, told], answer: 'pass' },
    { what: 'three, 18 requests', minutes: times(3, { ...untold, green: 6, unknown: 6 }), answer: 'pass' },
    {
      what: 'three, 21 requests',
      minutes: times(3, { ...untold, green: 7, unknown: 7 }),
      answer: 'unanswered',
    },
  ])('minutes in which green’s requests never end: $what', ({ minutes, answer }) => {
    expect(short(toldGate(questionOf({}, { evidence: evidenceOf(minutes, baseline, undefined, 20) })))).toBe(
      answer,
    );
  });
  test('minutes in which green’s requests never end pass no step', () => {
    const state = (minute: typeof told) => ({
      phase: { kind: 'bake', step: 0, since: start, probesBefore: 0 } as const,
      evidence: evidenceOf(times(2, minute), baseline, undefined, 20),
    });
    expect(short(freshGate(questionOf({}, state(untold))))).toBe('hold');
    expect(short(freshGate(questionOf({}, state(told))))).toBe('pass');
  });
  const read = (minutes: number, atMinute: number, from = start) => ({
    phase: { kind: 'bake', step: 0, since: from, probesBefore: 0 } as const,
    evidence: evidenceOf(times(minutes, { green: 600, blue: 5400 })),
    metricsReadAt: start + atMinute * minute,
  });
  test.each([
    { what: 'two minutes of the step, read at its end', state: read(2, 2), answer: 'pass' },
    { what: 'one minute of it', state: read(1, 2), answer: 'hold' },
    { what: 'two minutes, one of them of the step before', state: read(2, 3, start + 1), answer: 'hold' },
    { what: 'read before its end', state: read(2, 1.9), answer: 'hold' },
    {
      what: 'two minutes, one of them without blue’s counts yet',
      state: {
        ...read(2, 2),
        evidence: evidenceOf([
          { green: 600, blue: 5400 },
          { green: 600, blue: 0 },
        ]),
      },
      answer: 'hold',
    },
  ])('of the step: $what: $answer', ({ state, answer }) => {
    expect(short(freshGate(questionOf({}, state)))).toBe(answer);
  });
  test.each([
    { what: 'probes and no user for five minutes', green: 20, probes: 20, readTo: 5, answer: 'pass' },
    { what: 'probes and no user for four', green: 20, probes: 20, readTo: 4, answer: 'hold' },
    { what: 'a probe at the edge of its minute', green: 21, probes: 20, readTo: 5, answer: 'pass' },
    { what: 'probes and users', green: 22, probes: 20, readTo: 5, answer: 'hold' },
    { what: 'nothing', green: 0, probes: 0, readTo: 5, answer: 'hold' },
  ])('that show $what: $answer', ({ green, probes, readTo, answer }) => {
    const state = {
      ...read(0, 6),
      evidence: evidenceOf(green === 0 ? [] : [{ green, blue: 0, probes }]),
      metricsReadTo: start + readTo * minute,
    };
    expect(short(freshGate(questionOf({}, state)))).toBe(answer);
  });
  test.each([
    // 10 % of 100 requests a minute are 20 in two minutes.
    { requestsPerMinute: 100, answer: 'hold' },
    { requestsPerMinute: 99, answer: 'pass' },
  ])('are waited for at $requestsPerMinute requests a minute: $answer', ({ requestsPerMinute, answer }) => {
    const question = questionOf({ baseline: { ...baseline, requestsPerMinute } }, read(0, 0));
    expect(short(freshGate(question))).toBe(answer);
  });
  const young = (from: number, readTo: number, seen: readonly Counted[] = []) =>
    questionOf(
      { baseline: { ...baseline, requestsPerMinute: 0 } },
      {
        ...read(0, 5),
        weights: [{ at: from, percent: 10 }],
        evidence: evidenceOf(seen),
        metricsReadTo: start + readTo * minute,
      },
    );
  test.each([
    { what: 'before its first minutes were read', question: young(start, 1), answer: 'hold' },
    { what: 'before its first whole minutes were read', question: young(start + 1, 2), answer: 'hold' },
    { what: 'when they show nobody', question: young(start, 2), answer: 'pass' },
    {
      what: 'when they show too few users to count',
      question: young(start, 2, times(1, { green: 19, blue: 180 })),
      answer: 'pass',
    },
    {
      what: 'when they show users, and one minute of the two',
      question: young(start, 2, times(1, { green: 20, blue: 180 })),
      answer: 'hold',
    },
    {
      what: 'when they show users, and both minutes',
      question: young(start, 2, times(2, { green: 20, blue: 180 })),
      answer: 'pass',
    },
  ])('of a blue without history $what: $answer', ({ question, answer }) => {
    expect(short(freshGate(question))).toBe(answer);
  });
  const probed = (counted: readonly Counted[], sinceMs = 0) => {
    const question = young(start, 3);
    const evidence = addProbes(evidenceOf(counted), { sent: 20, bad: 0, reasons: {} }, start + minute);
    const phase = { kind: 'bake', step: 0, since: start + sinceMs, probesBefore: 0 } as const;
    return { ...question, state: { ...question.state, evidence, phase } };
  };
  const oneProbe = [{ green: 1, blue: 0, probes: 1 }];
  test.each([
    { what: 'nothing', question: probed([]), answer: 'hold' },
    { what: 'one of them', question: probed(oneProbe), answer: 'pass' },
    {
      what: 'one of them in the minute of the weight',
      question: probed(oneProbe, minute - 1),
      answer: 'pass',
    },
    { what: 'one of them in the minute before', question: probed(oneProbe, minute), answer: 'hold' },
  ])('of a blue without history show $what of the probes sent: $answer', ({ question, answer }) => {
    expect(short(freshGate(question))).toBe(answer);
  });
});

describe('the share that was counted', () => {
  const asked = (green: number, blue: number, minutes = 2, state = {}) =>
    short(
      shareGate(questionOf({}, { ...at10, evidence: evidenceOf(times(minutes, { green, blue })), ...state })),
    );
  const at10 = { written: splitAt(former, blueArn, greenArn, 10) };
  test.each([
    { what: 'as weighted', green: 600, blue: 5400, answer: 'pass' },
    { what: 'half as much again', green: 900, blue: 5100, answer: 'pass' },
    { what: 'more than that', green: 901, blue: 5099, answer: 'hold' },
    { what: 'two thirds of it', green: 400, blue: 5600, answer: 'pass' },
    { what: 'less than that', green: 399, blue: 5601, answer: 'hold' },
    { what: 'twice as much of few, which may be chance', green: 30, blue: 120, answer: 'pass' },
    { what: 'twice as much of more, which may not', green: 40, blue: 160, answer: 'hold' },
    { what: 'nothing on one side', green: 0, blue: 6000, answer: 'pass' },
  ])('$what: $answer', ({ green, blue, answer }) => {
    expect(asked(green, blue)).toBe(answer);
  });
  test('of minutes before the step, or at 100 %: pass', () => {
    const later = { phase: { kind: 'bake', step: 0, since: start + 2 * minute, probesBefore: 0 } as const };
    expect(asked(3000, 3000, 2, later)).toBe('pass');
    expect(asked(3000, 3000, 2, { written: splitAt(former, blueArn, greenArn, 100) })).toBe('pass');
  });
  test('says both', () => {
    const state = { ...at10, evidence: evidenceOf(times(2, { green: 1800, blue: 4200 })) };
    expect(shareGate(questionOf({}, state))).toEqual({
      kind: 'hold',
      sentence: 'green took 3,600 of 12,000 requests, 30 %, where its weight says 10 %',
    });
  });
});

describe('harm', () => {
  const asked = (minutes: readonly Counted[], change = {}) =>
    harmGate(questionOf(change, { evidence: evidenceOf(minutes) }));
  const bad: Counted = { green: 600, greenBad: 12, blue: 5400, blueBad: 5 };
  test('carries its numbers in one sentence', () => {
    expect(asked(times(2, bad))).toEqual({
      kind: 'fail',
      cause: {
        code: 'errors',
        sentence: 'Green failed 24 of 1,200 requests, blue 10 of 10,800; evidence 825:1, limit 400:1.',
      },
    });
  });
  test.each([
    [baseline, 0.005, '0.5 %'],
    [baseline, 0.0005, '0.3 %'],
    [{ ...baseline, errorRate: 0.01 }, 0.005, '2.1 %'],
  ])('says what is allowed where blue has no traffic', (of, maxErrorRate, allowed) => {
    const question = questionOf({ plan: planOf({ maxErrorRate }), baseline: of });
    const evidence = evidenceOf(times(3, { green: 6000, greenBad: 600, blue: 0 }), of, { maxErrorRate });
    expect(harmGate({ ...question, state: { ...question.state, evidence } })).toMatchObject({
      cause: { sentence: expect.stringContaining(`1,800 of 18,000 requests (allowed alone: ${allowed})`) },
    });
  });
  test.each([
    {
      what: 'healthy',
      minutes: times(3, { green: 600, greenBad: 1, blue: 5400, blueBad: 5 }),
      answer: 'pass',
    },
    { what: 'two bad minutes', minutes: times(2, bad), answer: 'errors' },
    { what: 'dead for one', minutes: [{ ...bad, greenBad: 600 }], answer: 'pass' },
    { what: 'unanswered', minutes: times(2, { ...bad, greenBad: 0, unanswered: 60 }), answer: 'unanswered' },
    { what: 'slow', minutes: times(2, { ...bad, greenBad: 0, slow: 300, blueSlow: 270 }), answer: 'slow' },
    {
      what: 'its own 503s, which no group counts',
      minutes: times(3, { ...bad, greenBad: 0, unexplained: 60 }),
      answer: 'unanswered',
    },
    {
      what: 'shared outage',
      minutes: times(4, { green: 600, greenBad: 30, blue: 5400, blueBad: 270 }),
      answer: 'pass',
    },
  ])('$what: $answer', ({ minutes, answer }) => {
    expect(short(asked(minutes))).toBe(answer);
  });
  test('what the load balancer fails every day is no reason', () => {
    const used = { ...baseline, balancerRate: 0.01 };
    const evidence = evidenceOf(times(5, { ...bad, greenBad: 0, unexplained: 60 }), used);
    expect(short(harmGate(questionOf({ baseline: used }, { evidence })))).toBe('pass');
  });
  test('the limit follows the number of streams that can speak', () => {
    const plan = planOf({ probes: { ...planOf().probes, count: 0, perStep: 0 } });
    const told = asked(times(2, bad), { plan });
    expect(told).toMatchObject({ cause: { sentence: expect.stringContaining('limit 300:1') } });
  });
  test('suspicion holds a step for three bake times', () => {
    let evidence = addProbes(evidenceOf([]), { sent: 20, bad: 3, reasons: {} }, start);
    evidence = addProbes(evidence, { sent: 60, bad: 3, reasons: {} }, start);
    const at = (now: number) => short(harmGate(questionOf({ now }, { evidence })));
    expect(at(start + 6 * minute - 1)).toBe('hold');
    expect(at(start + 6 * minute)).toBe('pass');
  });
});

describe('objectives', () => {
  const errorPlan = planOf({ objectives: { errorRate: 0.005, latency: undefined } });
  const latencyPlan = planOf({
    objectives: { errorRate: undefined, latency: { percentile: 95, seconds: 0.4 } },
  });
  const broken: Counted = { green: 600, greenBad: 30, blue: 5400, blueBad: 2 };
  const bothBroken: Counted = { green: 600, greenBad: 30, blue: 5400, blueBad: 270 };
  test.each([
    { what: 'none named', plan: planOf(), minutes: times(5, bothBroken), state: {}, answer: 'pass' },
    {
      what: 'kept',
      plan: errorPlan,
      minutes: times(5, { green: 600, greenBad: 3, blue: 5400 }),
      state: {},
      answer: 'pass',
    },
    {
      what: 'broken by green',
      plan: errorPlan,
      minutes: times(3, broken),
      state: {},
      answer: 'objective-errors',
    },
    { what: 'one bad minute', plan: errorPlan, minutes: [broken], state: {}, answer: 'pass' },
    { what: 'broken by both', plan: errorPlan, minutes: times(3, bothBroken), state: {}, answer: 'hold' },
    {
      what: 'broken by both at 100 %',
      plan: errorPlan,
      minutes: times(3, bothBroken),
      state: at100,
      answer: 'objective-errors',
    },
    {
      what: 'broken more than fifteen minutes ago',
      plan: errorPlan,
      minutes: [...times(3, broken), ...times(15, { green: 600, blue: 5400 })],
      state: {},
      answer: 'pass',
    },
  ])('errors: $what: $answer', ({ plan, minutes, state, answer }) => {
    const question = questionOf({ plan }, { ...state, evidence: evidenceOf(minutes) });
    expect(short(errorObjectiveGate(question))).toBe(answer);
  });
  test.each([
    { what: 'one in twenty is slower', over: 30, answer: 'pass' },
    { what: 'three in twenty are slower', over: 90, answer: 'objective-latency' },
  ])('latency: $what: $answer', ({ over, answer }) => {
    const evidence = evidenceOf(times(4, { green: 600, blue: 5400, over }));
    expect(short(latencyObjectiveGate(questionOf({ plan: latencyPlan }, { evidence })))).toBe(answer);
  });
  test('the sentence says what was counted and what is allowed', () => {
    const evidence = evidenceOf(times(4, { green: 600, blue: 5400, over: 90 }));
    expect(latencyObjectiveGate(questionOf({ plan: latencyPlan }, { evidence }))).toMatchObject({
      cause: {
        sentence: expect.stringMatching(
          /^360 of green's 2,400 requests took longer than 400 ms, and the objective \(p95\) allows 5 %; evidence .*:1, limit 500:1\.$/,
        ),
      },
    });
  });
  test.each([
    { what: 'both are bad now', minutes: times(3, bothBroken), state: {}, answer: 'hold' },
    {
      what: 'both were bad',
      minutes: [...times(3, bothBroken), ...times(3, { green: 600, blue: 5400 })],
      state: {},
      answer: 'pass',
    },
    {
      what: 'at 100 % there is no step to hold back from',
      minutes: times(3, bothBroken),
      state: at100,
      answer: 'pass',
    },
  ])('equally bad: $what: $answer', ({ minutes, state, answer }) => {
    const read = { metricsReadTo: start + minutes.length * minute, evidence: evidenceOf(minutes) };
    expect(short(equallyBadGate(questionOf({}, { ...read, ...state })))).toBe(answer);
  });
  test.each([
    // Two of the three are recent; a minute later it is one, and one is not enough.
    { readTo: 11, answer: 'hold' },
    { readTo: 12, answer: 'pass' },
  ])('equally bad: three minutes, read to minute $readTo: $answer', ({ readTo, answer }) => {
    const state = {
      evidence: evidenceOf(times(3, bothBroken)),
      metricsReadTo: start + readTo * minute,
    };
    expect(short(equallyBadGate(questionOf({}, state)))).toBe(answer);
  });
});

describe('checks of one’s own', () => {
  const plan = planOf({
    checks: [{ kind: 'command', command: './smoke.sh --all', timeoutMs: 60_000 }],
  });
  const answered = (result: object, step = 0) => ({
    checks: [{ step, check: 0, askedAt: start, result } as never],
  });
  test.each([
    { what: 'none asked for', plan: planOf(), state: {}, now: 2, answer: 'pass' },
    { what: 'while the step bakes', plan, state: {}, now: 1, answer: 'pass' },
    { what: 'not asked yet', plan, state: {}, now: 2, answer: 'hold' },
    { what: 'still running', plan, state: answered({ kind: 'running' }), now: 3, answer: 'hold' },
    { what: 'yes', plan, state: answered({ kind: 'passed' }), now: 2, answer: 'pass' },
    { what: 'yes, at another step', plan, state: answered({ kind: 'passed' }, 1), now: 2, answer: 'hold' },
    {
      what: 'no',
      plan,
      state: answered({ kind: 'failed', detail: 'exit code 1' }),
      now: 2,
      answer: 'own-check',
    },
    {
      what: 'could not tell',
      plan,
      state: answered({ kind: 'inconclusive', detail: 'exit code 75' }),
      now: 2,
      answer: 'hold',
    },
  ])('$what: $answer', ({ plan: asked, state, now, answer }) => {
    expect(short(ownCheckGate(questionOf({ plan: asked, now: start + now * minute }, state)))).toBe(answer);
  });
});

describe('promotion', () => {
  const last = (change = {}) => ({
    phase: { kind: 'bake', step: 2, since: start, probesBefore: 0 } as const,
    ...at100,
    ...change,
  });
  const probed = (sent: number, bad = 0) =>
    addProbes(evidenceOf([]), { sent, bad, reasons: {} }, start - minute);
  const asked = (plan: ReturnType<typeof planOf>, state: object, change = {}): string => {
    const promotion = judgePromotion(questionOf({ plan, ...change }, last(state)));
    return promotion.kind === 'fail' ? promotion.cause.code : promotion.kind;
  };
  const healthOnly = planOf({ probes: { ...planOf().probes, healthPathOnly: true } });
  test('real traffic shows it', () => {
    expect(asked(planOf(), { evidence: evidenceOf(times(2, { green: 600, blue: 5400, blueBad: 5 })) })).toBe(
      'promoted',
    );
  });
  test.each([
    {
      what: 'enough probes of paths that users take',
      plan: planOf(),
      evidence: probed(450),
      answer: 'promoted-on-probes',
    },
    { what: 'too few probes', plan: planOf(), evidence: probed(300), answer: 'not-proven' },
    { what: 'probes that failed', plan: planOf(), evidence: probed(450, 9), answer: 'not-proven' },
    {
      what: 'probes of the health path alone',
      plan: healthOnly,
      evidence: probed(4500),
      answer: 'not-proven',
    },
    { what: 'no probes', plan: planOf(), evidence: evidenceOf([]), answer: 'not-proven' },
    {
      what: 'accepted by name',
      plan: { ...healthOnly, acceptUnproven: true },
      evidence: evidenceOf([]),
      answer: 'promoted-on-probes',
    },
  ])('no traffic, $what: $answer', ({ plan, evidence, answer }) => {
    expect(asked(plan, { evidence })).toBe(answer);
  });
  test.each([
    [60, 'promoted-on-probes'],
    [30, 'promoted-on-probes'],
    [29, 'not-proven'],
    [0, 'not-proven'],
  ])('60 probes of a minute in which green had %d requests: %s', (seen, answer) => {
    const minutes = evidenceOf([{ green: seen, blue: 0, probes: 60 }]);
    const evidence = addProbes(minutes, { sent: 450, bad: 0, reasons: {} }, start - minute);
    expect(asked(planOf(), { evidence })).toBe(answer);
  });
  test('says what was accepted, and on what probes alone rest', () => {
    const lackOf = (plan: ReturnType<typeof planOf>, evidence: object) =>
      judgePromotion(questionOf({ plan }, last({ evidence })));
    expect(lackOf(planOf(), probed(450))).toEqual({
      kind: 'promoted-on-probes',
      lack: 'no request of green has shown in the metrics yet',
    });
    expect(lackOf({ ...healthOnly, acceptUnproven: true }, evidenceOf([]))).toEqual({
      kind: 'promoted-on-probes',
      lack: 'no request of green has shown in the metrics yet, and no probes are sent; that was accepted (unproven)',
    });
  });
  test.each([
    [20, 'promoted', undefined],
    [20.1, 'not-proven', /^Real traffic will prove nothing for green: blue’s own failures come in bursts/],
  ] as const)('blue’s failures with a dispersion of %d: %s', (errorDispersion, answer, foreseen) => {
    const wild = { ...baseline, errorDispersion };
    const evidence = evidenceOf(times(3, { green: 20_000, blue: 180_000, blueBad: 180 }), wild);
    const read = { evidence, metricsReadTo: start + 3 * minute, metricsReadAt: start + 3 * minute };
    expect(asked(healthOnly, read, { baseline: wild })).toBe(answer);
    const lack = foreseeableLack(healthOnly, wild);
    if (foreseen === undefined) expect(lack).toBeUndefined();
    else expect(lack).toMatch(foreseen);
    expect(foreseeableLack(planOf(), wild)).toBeUndefined();
  });
  test('is held where the traffic of the hold will be enough, and only there', () => {
    const evidence = evidenceOf(times(2, { green: 200, blue: 0 }));
    const held = { evidence, metricsReadTo: start + 2 * minute };
    expect(asked(planOf(), held, { baseline: { ...baseline, requestsPerMinute: 1000 } })).toBe('hold');
    expect(asked(planOf(), held, { baseline: { ...baseline, requestsPerMinute: 10 } })).toBe('not-proven');
  });
});

test('one gate that fails is enough, and one that holds is told when none fails', () => {
  const evidence = evidenceOf(times(2, { green: 600, greenBad: 12, blue: 5400, blueBad: 5 }));
  const blind = { metricsProblem: 'denied' };
  expect(short(askGates(questionOf({}, { ...blind, evidence })))).toBe('errors');
  expect(short(askGates(questionOf({}, blind)))).toBe('hold');
  const good = evidenceOf(times(2, { green: 600, blue: 5400 }));
  expect(short(askGates(questionOf({}, { evidence: good })))).toBe('pass');
});
