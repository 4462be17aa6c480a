/** The maintenance window of a story, as a person would write it, and when it is open: by plain arithmetic. */
import type { Asks } from './asks.ts';

const minuteMs = 60_000;
const dayMinutes = 1440;
const offsetMinutes = { UTC: 0, 'Asia/Kolkata': 330 } as const;
const days = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'] as const;

export interface StoryWindow {
  readonly inputs: Readonly<Record<string, string>>;
  /** Within the hours of a story. */
  readonly isOpen: (at: number) => boolean;
  /** Epoch milliseconds; 0 where there is no window. */
  readonly opensAt: number;
  /** A closed window is waited for. */
  readonly waits: boolean;
}

export function windowOfStory({ window, windowIn, windowByDay }: Asks, now: number): StoryWindow {
  if (window.kind === 'none') return { inputs: {}, isOpen: () => true, opensAt: 0, waits: false };
  const thisMinute = Math.floor(now / minuteMs) * minuteMs;
  const opensAt = thisMinute + ('opensInMs' in window ? window.opensInMs : -30 * minuteMs);
  const closesAt = window.kind === 'closes-soon' ? thisMinute + window.afterMs : opensAt + 480 * minuteMs;
  // The world begins on some day after 1 January 1970, a Thursday.
  const local = (at: number): number => Math.floor(at / minuteMs) + offsetMinutes[windowIn];
  const clock = (at: number): string => {
    const minutes = local(at) % dayMinutes;
    return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
  };
  const day = windowByDay ? days[Math.floor(local(opensAt) / dayMinutes) % days.length]! : 'daily';
  const waits = window.kind === 'awaited' || window.kind === 'too-far';
  return {
    inputs: {
      'maintenance-window': `${day} ${clock(opensAt)}-${clock(closesAt)} ${windowIn}`,
      ...(waits ? { 'outside-window': 'wait' } : {}),
      ...(window.kind === 'too-far' ? { 'window-timeout': '60m' } : {}),
    },
    isOpen: (at) => at >= opensAt && at < closesAt,
    opensAt,
    waits,
  };
}
