import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type MaintenanceWindow, maintenanceWindows } from '../../../src/inputs/maintenance-window.ts';
import { decideWindow, isOpen, nextOpening } from '../../../src/rollout/maintenance-window.ts';

function windows(text: string): readonly MaintenanceWindow[] {
  const parsed = maintenanceWindows().parse(text);
  if (!parsed.ok) throw new Error(parsed.allowed);
  return parsed.value;
}
const at = (text: string): number => Date.parse(text);

describe('open', () => {
  test.each([
    // 2026-11-29 is a Sunday.
    ['Sun 02:00-04:00 UTC', '2026-11-29T01:59:59.999Z', false],
    ['Sun 02:00-04:00 UTC', '2026-11-29T02:00:00Z', true],
    ['Sun 02:00-04:00 UTC', '2026-11-29T03:59:59.999Z', true],
    ['Sun 02:00-04:00 UTC', '2026-11-29T04:00:00Z', false],
    ['Sun 02:00-04:00 UTC', '2026-11-30T03:00:00Z', false],
    // Over midnight: it belongs to the day on which it begins.
    ['Sat 22:00-02:00 UTC', '2026-11-28T21:59:59Z', false],
    ['Sat 22:00-02:00 UTC', '2026-11-28T22:00:00Z', true],
    ['Sat 22:00-02:00 UTC', '2026-11-29T01:59:59Z', true],
    ['Sat 22:00-02:00 UTC', '2026-11-29T02:00:00Z', false],
    ['Sat 22:00-02:00 UTC', '2026-11-28T01:00:00Z', false],
    ['Sat,Sun 22:00-02:00 UTC', '2026-11-29T01:00:00Z', true],
    ['Sat,Sun 22:00-02:00 UTC', '2026-11-29T12:00:00Z', false],
    ['Sun 22:00-24:00 UTC', '2026-11-29T23:59:59Z', true],
    ['Sun 22:00-24:00 UTC', '2026-11-30T00:00:00Z', false],
    ['Sun 00:00-24:00 UTC', '2026-11-29T00:00:00Z', true],
    // The local day counts: 20:00 UTC is 01:30 of the next day in Kolkata.
    ['Sun 01:00-02:00 Asia/Kolkata', '2026-11-28T19:29:59Z', false],
    ['Sun 01:00-02:00 Asia/Kolkata', '2026-11-28T19:30:00Z', true],
    ['Sun 01:00-02:00 Asia/Kolkata', '2026-11-28T20:29:59Z', true],
    ['Sun 01:00-02:00 Asia/Kolkata', '2026-11-28T20:30:00Z', false],
    // Summer time in Berlin begins on 2026-03-29 at 01:00 UTC: 02:00 becomes 03:00.
    ['Sun 02:00-03:00 Europe/Berlin', '2026-03-29T00:59:59Z', false],
    ['Sun 02:00-03:00 Europe/Berlin', '2026-03-29T01:00:00Z', false],
    ['Sun 01:00-04:00 Europe/Berlin', '2026-03-29T01:59:59Z', true],
    ['Sun 01:00-04:00 Europe/Berlin', '2026-03-29T02:00:00Z', false],
    // It ends on 2026-10-25 at 01:00 UTC: 03:00 becomes 02:00 and comes again.
    ['Sun 02:00-03:00 Europe/Berlin', '2026-10-24T23:59:59Z', false],
    ['Sun 02:00-03:00 Europe/Berlin', '2026-10-25T00:00:00Z', true],
    ['Sun 02:00-03:00 Europe/Berlin', '2026-10-25T01:59:59Z', true],
    ['Sun 02:00-03:00 Europe/Berlin', '2026-10-25T02:00:00Z', false],
    ['Sun 03:00-04:00 Europe/Berlin', '2026-10-25T01:30:00Z', false],
    // Half an hour of summer time on Lord Howe Island, from 2026-10-03 15:30 UTC (02:00 becomes 02:30).
    ['Sun 02:30-03:00 Australia/Lord_Howe', '2026-10-03T15:29:59Z', false],
    ['Sun 02:30-03:00 Australia/Lord_Howe', '2026-10-03T15:30:00Z', true],
  ])('%s at %s: %s', (text, time, expected) => expect(isOpen(windows(text), at(time))).toBe(expected));
});

describe('next opening', () => {
  test.each([
    ['Sun 02:00-04:00 UTC', '2026-11-29T01:59:59.999Z', '2026-11-29T02:00:00Z'],
    ['Sun 02:00-04:00 UTC', '2026-11-29T04:00:00Z', '2026-12-06T02:00:00Z'],
    ['Sun 02:00-04:00 UTC; Wed 02:07-03:00 UTC', '2026-11-29T04:00:00Z', '2026-12-02T02:07:00Z'],
    ['Sat 22:00-02:00 UTC', '2026-11-29T02:00:00Z', '2026-12-05T22:00:00Z'],
    ['Sun 02:07-02:20 Europe/Berlin', '2026-11-26T12:00:00Z', '2026-11-29T01:07:00Z'],
    // Swallowed by summer time: the week after, when 02:00 is 00:00 UTC.
    ['Sun 02:00-03:00 Europe/Berlin', '2026-03-28T12:00:00Z', '2026-04-05T00:00:00Z'],
    // Its begin is swallowed: it opens when the clock has jumped into it.
    ['Sun 02:30-04:00 Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00Z'],
    // Open twice where the hour comes twice.
    ['Sun 02:00-02:30 Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z'],
  ])('%s from %s: %s', (text, from, expected) => {
    const opening = nextOpening(windows(text), at(from));
    expect(new Date(opening!.at).toISOString()).toBe(new Date(expected).toISOString());
  });

  test('it is the first open minute, whatever the windows', () => {
    const clock = fc.nat(1439).map((m) => `${Math.floor(m / 60)}:${String(m % 60).padStart(2, '0')}`);
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
    );
    const day = fc.constantFrom('Sun', 'Mon', 'Sat', 'daily');
    const text = fc
      .tuple(day, clock, clock, zone)
      .filter(([, from, to]) => from !== to)
      .map(([name, from, to, where]) => `${name} ${from}-${to} ${where}`);
    const time = fc.integer({ min: at('2026-03-20T00:00:00Z'), max: at('2026-11-05T00:00:00Z') });
    fc.assert(
      fc.property(text, time, (given, now) => {
        const some = windows(given);
        fc.pre(!isOpen(some, now));
        const found = nextOpening(some, now)!.at;
        expect(isOpen(some, found)).toBe(true);
        expect(found).toBeGreaterThan(now);
        for (let minute = found - 60_000; minute > Math.max(now, found - 26 * 3_600_000); minute -= 60_000) {
          if (isOpen(some, minute)) throw new Error(`${given} is open at ${new Date(minute).toISOString()}`);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('decision', () => {
  const some = windows('Sun 02:00-04:00 UTC');
  const opens = at('2026-11-29T02:00:00Z');
  test.each([
    ['open', 'refuse', opens, opens, 'open'],
    ['a moment before, refused', 'refuse', opens - 1, opens, 'refuse'],
    ['a moment before, waited for', 'wait', opens - 1, opens, 'wait'],
    ['it opens just after the wait may last', 'wait', opens - 10, opens - 1, 'refuse'],
  ] as const)('%s', (_name, outside, now, latest, expected) => {
    expect(decideWindow(some, outside, now, latest).kind).toBe(expected);
  });

  test('a refusal says when the next window opens', () => {
    expect(decideWindow(some, 'refuse', at('2026-11-26T12:00:00Z'), 0)).toMatchObject({
      code: 'outside-window',
      reason:
        'This is outside of the maintenance window (Sun 02:00-04:00 UTC). It opens next on Sun 2026-11-29 02:00 UTC, in 62h.',
    });
  });

  test('without windows it is always open', () => {
    expect(decideWindow([], 'refuse', 0, 0)).toEqual({ kind: 'open' });
  });
});
