import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LiveClock } from '../../../../src/lab/clock/live-clock.ts';
import {
  type ClockMapping,
  checkScale,
  clockVariable,
  realDurationMs,
  rescaled,
  toRealMs,
  toVirtualMs,
} from '../../../../src/lab/clock/scale.ts';
import { defaultConfig, Kernel } from '../../../../src/lab/world/kernel.ts';

const mapping: ClockMapping = { epochRealMs: 1000, epochVirtualMs: 5_000_000, scale: 60 };

describe('mapping of the clocks', () => {
  test('a real second is a virtual minute', () => {
    expect(toVirtualMs(mapping, 2000)).toBe(5_060_000);
    expect(toRealMs(mapping, 5_060_000)).toBe(2000);
  });

  test('back and forth is the identity, and changing speed does not jump', () => {
    const scale = fc.integer({ min: 1, max: 300 });
    const time = fc.integer({ min: 0, max: 2 ** 41 });
    fc.assert(
      fc.property(scale, scale, time, time, (first, second, epoch, now) => {
        const clock = { epochRealMs: epoch, epochVirtualMs: now, scale: first };
        expect(toRealMs(clock, toVirtualMs(clock, now))).toBeCloseTo(now, 0);
        expect(toVirtualMs(rescaled(clock, now, second), now)).toBe(toVirtualMs(clock, now));
      }),
    );
  });

  test('floors and limits', () => {
    expect([realDurationMs(mapping, 60_000), realDurationMs(mapping, 60_000, 1000)]).toEqual([1000, 1000]);
    expect(realDurationMs(mapping, 59_999, 1000)).toBe(1000);
    expect([checkScale(1), checkScale(300)]).toEqual([1, 300]);
    for (const wrong of [0.99, 300.1, Number.NaN, -60])
      expect(() => checkScale(wrong)).toThrow('from 1 to 300');
  });

  test('the variable for other processes', () => {
    expect(clockVariable(mapping)).toBe('1000:5000000:60');
    expect(clockVariable(mapping, 'date-only')).toBe('1000:5000000:60:date-only');
  });
});

describe('live clock', () => {
  test('runs events when they fall due, also those that others schedule later', async () => {
    const kernel = new Kernel(defaultConfig);
    const clock = new LiveClock({ kernel, scale: 300 });
    clock.start();
    try {
      const seen: string[] = [];
      await new Promise<void>((resolve) => {
        kernel.after(10_000, () => {
          seen.push('late');
          resolve();
        });
        kernel.after(3000, () => seen.push('early'));
        clock.poke();
      });
      expect(seen).toEqual(['early', 'late']);
      expect(kernel.now).toBeGreaterThanOrEqual(defaultConfig.startMs + 10_000);
    } finally {
      clock.stop();
    }
  });

  test('an event that throws is told and does not stop the clock', async () => {
    const kernel = new Kernel(defaultConfig);
    const errors: unknown[] = [];
    const clock = new LiveClock({ kernel, scale: 300, onError: (error) => errors.push(error) });
    clock.start();
    try {
      await new Promise<void>((resolve) => {
        kernel.after(100, () => {
          throw new Error('broken');
        });
        kernel.after(200, resolve);
        clock.poke();
      });
      expect(errors).toEqual([new Error('broken')]);
    } finally {
      clock.stop();
    }
  });
});
