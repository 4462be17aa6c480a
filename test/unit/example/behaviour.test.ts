import { describe, expect, test } from '@jest/globals';
// @ts-expect-error the example is plain JavaScript, without types
import { createTreatment, parseBehaviour } from '../../../examples/ips-data-acquisition-api/src/behaviour.js';

describe('parseBehaviour', () => {
  test.each([
    ['good', { name: 'good' }],
    ['crash-at-start', { name: 'crash-at-start' }],
    ['errors', { name: 'errors', amount: 0.2 }],
    ['errors:1', { name: 'errors', amount: 1 }],
    ['slow-start:90000', { name: 'slow-start', amount: 90_000 }],
    ['slow:0', { name: 'slow', amount: 0 }],
    ['hang-route', { name: 'hang-route', route: '/api/v1/imu-data' }],
    ['hang-route:/a:b', { name: 'hang-route', route: '/a:b' }],
  ])('%s', (text, expected) => {
    expect(parseBehaviour(text)).toEqual(expected);
  });

  test.each(['bad', 'errors:1.01', 'errors:-0.1', 'slow-start:3600001', 'slow:x', 'constructor'])(
    '%s is refused',
    (text) => {
      expect(() => parseBehaviour(text)).toThrow(/Behaviour "/);
    },
  );
});

test('one-minute-in-five fails in the fifth minute and in no other', () => {
  let now = 0;
  const treat = createTreatment(parseBehaviour('one-minute-in-five'), () => now);
  const kinds = [0, 239_999, 240_000, 299_999, 300_000].map((at) => {
    now = at;
    return treat('/api/v1/sessions').kind;
  });
  expect(kinds).toEqual(['answer', 'answer', 'fail', 'fail', 'answer']);
});
