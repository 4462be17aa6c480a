import { describe, expect, test } from '@jest/globals';
import { compileFilterPattern } from '../../../../src/lab/world/logs/filter-pattern.ts';
import { World } from '../../../../src/lab/world/world.ts';

const at = { logGroupName: '/ecs/api', logStreamName: 'api/1' };

function setUp(messages: readonly string[] = []) {
  const world = new World();
  world.must('logs', 'CreateLogGroup', { logGroupName: '/ecs/api' });
  for (const message of messages) {
    world.report({ kind: 'log', group: '/ecs/api', stream: 'api/1', message });
    world.kernel.advanceTo(world.kernel.now + 1000);
  }
  return world;
}

const texts = (output: { events: readonly { message: string }[] }) =>
  output.events.map((event) => event.message);

test('what a container prints is in its stream; a group that does not exist takes nothing', () => {
  const world = setUp(['one', 'two']);
  expect(texts(world.must('logs', 'GetLogEvents', at))).toEqual(['one', 'two']);
  expect(world.logs.append('/absent', 's', 'x')).toBe(false);
  expect(() => world.must('logs', 'GetLogEvents', { ...at, logGroupName: '/absent' })).toThrow(
    'The specified log group does not exist.',
  );
});

test('GetLogEvents goes forward from the head and backward from the tail, and stands still at the ends', () => {
  const world = setUp(['1', '2', '3', '4', '5']);
  const get = (more: object) => world.must('logs', 'GetLogEvents', { ...at, limit: 2, ...more });
  const tail = get({});
  expect(texts(tail)).toEqual(['4', '5']);
  const before = get({ nextToken: tail.nextBackwardToken });
  expect(texts(before)).toEqual(['2', '3']);
  const head = get({ startFromHead: true });
  expect(texts(head)).toEqual(['1', '2']);
  expect(texts(get({ nextToken: head.nextForwardToken }))).toEqual(['3', '4']);
  const end = get({ nextToken: tail.nextForwardToken });
  expect(texts(end)).toEqual([]);
  expect(end.nextForwardToken).toBe(tail.nextForwardToken);
  world.report({ kind: 'log', group: '/ecs/api', stream: 'api/1', message: '6' });
  expect(texts(get({ nextToken: end.nextForwardToken }))).toEqual(['6']);
});

test('times: the start is in, the end is out (GetLogEvents) or in (FilterLogEvents)', () => {
  const world = setUp(['1', '2', '3']);
  const startTime = world.kernel.now - 3000;
  const endTime = startTime + 1000;
  expect(texts(world.must('logs', 'GetLogEvents', { ...at, startTime, endTime }))).toEqual(['1']);
  const filtered = { logGroupName: '/ecs/api', startTime, endTime };
  expect(texts(world.must('logs', 'FilterLogEvents', filtered))).toEqual(['1', '2']);
});

test('retention hides what is older', () => {
  const world = setUp(['old']);
  world.must('logs', 'PutRetentionPolicy', { logGroupName: '/ecs/api', retentionInDays: 1 });
  world.kernel.advanceTo(world.kernel.now + 86_400_000);
  expect(texts(world.must('logs', 'GetLogEvents', at))).toEqual([]);
  expect(() =>
    world.must('logs', 'PutRetentionPolicy', { logGroupName: '/ecs/api', retentionInDays: 2 }),
  ).toThrow('retentionInDays');
});

test('PutLogEvents says which events were too old or too new', () => {
  const world = setUp();
  world.must('logs', 'CreateLogStream', at);
  const { now } = world.kernel;
  const event = (timestamp: number) => ({ timestamp, message: 'm' });
  const put = (...logEvents: object[]) => world.must('logs', 'PutLogEvents', { ...at, logEvents });
  const edges = put(event(now - 14 * 86_400_000), event(now + 2 * 3_600_000));
  expect(edges.rejectedLogEventsInfo).toBeUndefined();
  expect(put(event(now - 14 * 86_400_000 - 1), event(now), event(now + 2 * 3_600_000 + 1))).toMatchObject({
    rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 },
  });
  expect(() => put(event(now), event(now - 1))).toThrow('chronological');
});

describe('filter patterns', () => {
  test.each([
    ['', 'anything', true],
    ['ERROR', 'an ERROR here', true],
    ['ERROR', 'an error here', false],
    ['ERROR timeout', 'timeout ERROR', true],
    ['ERROR timeout', 'ERROR', false],
    ['"out of memory"', 'it is out of memory', true],
    ['"out of memory"', 'memory is out of it', false],
    ['?ERROR ?WARN', 'WARN', true],
    ['?ERROR ?WARN', 'INFO', false],
    ['ERROR -ignored', 'ERROR', true],
    ['ERROR -ignored', 'ERROR ignored', false],
    ['%5[0-9]{2}%', 'status 503', true],
    ['%5[0-9]{2}%', 'status 404', false],
  ])('%s on %s: %s', (pattern, message, expected) => {
    expect(compileFilterPattern(pattern)(message)).toBe(expected);
  });
  test.each(['{ $.level = "error" }', '[ip, user]', 'an "open quote'])('%s is refused', (pattern) => {
    expect(() => compileFilterPattern(pattern)).toThrow(
      expect.objectContaining({ code: 'InvalidParameterException' }),
    );
  });
});
