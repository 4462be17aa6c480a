import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tagValue, toTags } from '../../../src/aws/ecs-tags.ts';
import { createWorldCaller } from '../../../src/lab/virtual/world-caller.ts';
import {
  isBad,
  type Marks,
  markBad,
  markLeaving,
  markPromoted,
  marksOf,
  marksToTags,
  placeOf,
  promotedAt,
  readMarks,
} from '../../../src/rollout/marks.ts';
import { makeRegion, type Region } from '../../simulation/rollout/region.ts';

const at = Date.parse('2026-11-26T10:00:00Z');
const none: Marks = {
  promotions: [],
  bad: undefined,
  leaving: undefined,
  commit: undefined,
  ref: undefined,
  run: undefined,
  schema: undefined,
};

describe('values of tags', () => {
  test.each([
    ['plain words', 'plain words'],
    [' plain  words ', 'plain words'],
    ['plain words ', 'plain words'],
    [' ', ''],
    ['', ''],
    ['2026-11-26T10:00:00Z it "exports", too little!', '2026-11-26T10:00:00Z it exports too little'],
    ['two\nlines\tand ::error::', 'two lines and ::error::'],
    ['  größer als 5 € ', 'größer als 5'],
    ['<script>', 'script'],
    ['!?', ''],
    ['a'.repeat(256), 'a'.repeat(256)],
    ['a'.repeat(257), 'a'.repeat(256)],
    [`${'a'.repeat(255)} b`, 'a'.repeat(255)],
  ])('%j becomes %j', (given, expected) => {
    expect(tagValue(given)).toBe(expected);
  });

  test('every text becomes what AWS takes, and stays what it is from then on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (given) => {
        const value = tagValue(given);
        expect(value).toMatch(/^[\p{L}\p{N} +\-=._:/@]*$/u);
        expect([...value].length).toBeLessThanOrEqual(256);
        expect(tagValue(value)).toBe(value);
      }),
    );
  });
});

describe('reading', () => {
  const read = (tags: Readonly<Record<string, string>>): Marks => marksOf(new Map(Object.entries(tags)));

  test('no tags, and those of others, say nothing', () => {
    expect(read({ team: 'ips', 'ips-deploy:other': 'x' })).toEqual(none);
  });

  test('everything at once', () => {
    expect(
      read({
        'ips-deploy:promoted': '2026-11-26T10:00:00.000Z@main/api 2026-11-26T10:00:01Z@main/api-green',
        'ips-deploy:bad': '2026-11-26T11:00:00.000Z exports too little',
        'ips-deploy:leaving': '2026-11-26T10:30:00.000Z 4711/2 sd-1',
        'ips-deploy:commit': 'ABCDEF0123456789abcdef0123456789abcdef01',
        'ips-deploy:ref': 'refs/tags/v1.4.0',
        'ips-deploy:run': 'https://github.com/o/r/actions/runs/1',
        'ips-deploy:schema': 'breaking',
      }),
    ).toEqual({
      promotions: [
        { at: at + 1000, place: 'main/api-green' },
        { at, place: 'main/api' },
      ],
      bad: { at: at + 3_600_000, reason: 'exports too little' },
      leaving: { at: at + 1_800_000, runId: '4711/2', after: 'sd-1' },
      commit: 'abcdef0123456789abcdef0123456789abcdef01',
      ref: 'refs/tags/v1.4.0',
      run: 'https://github.com/o/r/actions/runs/1',
      schema: 'breaking',
    });
  });

  test.each([
    ['a time alone is for every service', { 'ips-deploy:promoted': '2026-11-26T10:00:00Z' }, [at], false],
    ['what is no time is no promotion', { 'ips-deploy:promoted': 'yes' }, [], false],
    ['a bad mark by hand needs no time', { 'ips-deploy:bad': 'yes' }, [], true],
    ['an empty one counts as well', { 'ips-deploy:bad': '' }, [], true],
  ])('%s', (_name, tags, promotions, bad) => {
    const marks = read(tags as unknown as Record<string, string>);
    expect(marks.promotions.map((each) => each.at)).toEqual(promotions);
    expect(isBad(marks, 'main/api')).toBe(bad);
  });
});

describe('what marks mean', () => {
  const promotions = [
    { at: at + 10, place: 'main/web' },
    { at, place: 'main/api' },
  ];
  test.each([
    ['never marked', undefined, 'main/api', false],
    ['bad after its promotion', at + 1, 'main/api', true],
    ['bad in the moment of its promotion', at, 'main/api', true],
    ['promoted again since', at - 1, 'main/api', false],
    ['promoted again for another service only', at + 5, 'main/api', true],
    ['promoted again for this service', at + 5, 'main/web', false],
    ['bad for a service it was never promoted for', at, 'main/jobs', true],
  ])('%s', (_name, badAt, place, expected) => {
    const bad = badAt === undefined ? undefined : { at: badAt, reason: '' };
    expect(isBad({ ...none, promotions, bad }, place)).toBe(expected);
  });

  test('each service has its own promotion', () => {
    expect(promotedAt({ ...none, promotions }, 'main/api')).toBe(at);
    expect(promotedAt({ ...none, promotions }, 'main/web')).toBe(at + 10);
    expect(promotedAt({ ...none, promotions }, 'main/jobs')).toBeUndefined();
    expect(promotedAt({ ...none, promotions: [{ at, place: undefined }] }, 'main/jobs')).toBe(at);
  });

  test('names and ARNs are one place', () => {
    const arn = 'arn:aws:ecs:ap-south-1:123456789012:';
    expect(placeOf(`${arn}cluster/main`, `${arn}service/main/api`)).toBe('main/api');
    expect(placeOf('main', 'api')).toBe('main/api');
  });
});

test('what is written is what is read, as far as it fits', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/);
  const promotion = fc.record({ at: fc.integer({ min: 0, max: 4e12 }), place: fc.tuple(word, word) });
  fc.assert(
    fc.property(fc.array(promotion, { maxLength: 8 }), word, (given, reason) => {
      const promotions = given.map((each) => ({ at: each.at, place: placeOf(...each.place) }));
      const tags = marksToTags({ promotions, bad: { at, reason } });
      for (const value of tags.values()) expect([...value].length).toBeLessThanOrEqual(256);
      const back = marksOf(tags);
      const newestFirst = [...promotions].sort((one, other) => other.at - one.at);
      expect(back.promotions).toEqual(newestFirst.slice(0, back.promotions.length));
      if (promotions.length > 0) expect(back.promotions.length).toBeGreaterThan(0);
      expect(back.bad).toEqual({ at, reason });
    }),
  );
});

describe('in a region', () => {
  const arn = 'arn:aws:ecs:ap-south-1:123456789012:task-definition/ips-api-task:1';
  const cluster = 'ips-api-cluster';
  const awsOf = (region: Region) => createWorldCaller(region.world, region.time, region.caller);
  const tagsOf = (region: Region) =>
    Object.fromEntries(toTags(region.world.must('ecs', 'ListTagsForResource', { resourceArn: arn }).tags));
  const writes = (region: Region) => region.world.callCounts()['ecs:TagResource'] ?? 0;

  test('a promotion, twice, is written once; another service adds its own', async () => {
    const region = await makeRegion();
    const aws = awsOf(region);
    const mark = { at, cluster, services: ['api'], commit: 'a'.repeat(40), ref: 'refs/heads/main' };
    expect(await region.time.run(markPromoted(aws, arn, mark))).toEqual({ kind: 'written' });
    expect(await region.time.run(markPromoted(aws, arn, mark))).toEqual({ kind: 'unchanged' });
    expect(writes(region)).toBe(1);
    await region.time.run(markPromoted(aws, arn, { at: at + 1, cluster, services: ['web', 'web-green'] }));
    await region.time.run(markPromoted(aws, arn, { at: at + 2, cluster, services: ['api'] }));
    expect(await region.time.run(readMarks(aws, arn))).toEqual({
      ...none,
      promotions: [
        { at: at + 2, place: 'ips-api-cluster/api' },
        { at: at + 1, place: 'ips-api-cluster/web' },
        { at: at + 1, place: 'ips-api-cluster/web-green' },
      ],
      commit: 'a'.repeat(40),
      ref: 'refs/heads/main',
    });
  });

  test('the first reason stays; a promotion since makes room for another', async () => {
    const region = await makeRegion();
    const aws = awsOf(region);
    await region.time.run(markBad(aws, arn, { at, reason: 'exports "too" little' }));
    expect(await region.time.run(markBad(aws, arn, { at: at + 1, reason: 'again' }))).toEqual({
      kind: 'unchanged',
    });
    expect(tagsOf(region)).toEqual({ 'ips-deploy:bad': '2026-11-26T10:00:00.000Z exports too little' });
    await region.time.run(markPromoted(aws, arn, { at: at + 2, cluster, services: ['api'] }));
    await region.time.run(markBad(aws, arn, { at: at + 3, reason: 'now for good' }));
    expect(tagsOf(region)['ips-deploy:bad']).toBe('2026-11-26T10:00:00.003Z now for good');
  });

  test("others' tags stay as they are", async () => {
    const region = await makeRegion();
    region.world.must('ecs', 'TagResource', { resourceArn: arn, tags: [{ key: 'team', value: 'ips' }] });
    const mark = { runId: '4711/1', after: 'sd-1' };
    await region.time.run(markLeaving(awsOf(region), arn, { at, ...mark }));
    const again = await region.time.run(markLeaving(awsOf(region), arn, { at: at + 1, ...mark }));
    expect(again).toEqual({ kind: 'unchanged' });
    expect(tagsOf(region)).toEqual({
      team: 'ips',
      'ips-deploy:leaving': '2026-11-26T10:00:00.000Z 4711/1 sd-1',
    });
  });

  test.each([
    ['denied', { kind: 'access-denied' }, /ecs:TagResource: AccessDenied/],
    ['lost', { kind: 'reset-after-effect' }, /ecs:TagResource: ECONNRESET/],
  ] as const)('a mark that is %s is told and does not throw', async (_name, effect, why) => {
    const region = await makeRegion();
    region.world.loadFaults({
      rules: [{ id: 'x', match: { operation: 'TagResource' }, effect }],
      events: [],
    });
    const result = await region.time.run(markBad(awsOf(region), arn, { at, reason: 'x' }));
    expect(result).toEqual({ kind: 'not-written', why: expect.stringMatching(why) });
  });

  test('a tag too many is told as AWS tells it', async () => {
    const region = await makeRegion();
    const tags = Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, value: '' }));
    region.world.must('ecs', 'TagResource', { resourceArn: arn, tags });
    const result = await region.time.run(markBad(awsOf(region), arn, { at, reason: 'x' }));
    expect(result).toEqual({ kind: 'not-written', why: expect.stringContaining('at most 50 tags') });
  });
});
