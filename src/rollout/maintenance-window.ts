/**
 * Whether a maintenance window is open, and when the next one opens. The clock on the wall of its zone counts:
 * where summer time skips an hour, a window inside of that hour does not open; where an hour comes twice, it is
 * open twice. A window belongs to the day on which it begins. Pure.
 */
import type { MaintenanceWindow } from '../inputs/maintenance-window.ts';
import { formatDuration } from '../report/duration.ts';
import type { Refusal } from './plan.ts';

const minuteMs = 60_000;
const dayMinutes = 1440;
/** Changes of offset happen at full quarters of an hour, in every zone of today. */
const quarterMs = 15 * minuteMs;
/** A weekly window that summer time swallows opens two weeks after the last one. */
const searchMs = 16 * 24 * 60 * minuteMs;

export function isOpen(windows: readonly MaintenanceWindow[], at: number): boolean {
  return windows.some((window) => covers(window, at));
}

export interface Opening {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly window: MaintenanceWindow;
}

/** The first moment after `at` at which one is open; undefined: none within 16 days. For a time when none is open. */
export function nextOpening(windows: readonly MaintenanceWindow[], at: number): Opening | undefined {
  const from = Math.floor(at / minuteMs) * minuteMs;
  for (let time = from; time <= from + searchMs; ) {
    // The wall clock runs evenly up to the next quarter: what it shows later follows from what it shows now.
    const quarter = (Math.floor(time / quarterMs) + 1) * quarterMs;
    time = Math.min(quarter, ...windows.map((window) => time + toStart(window, time) * minuteMs));
    const window = windows.find((each) => covers(each, time));
    if (window !== undefined) return { at: time, window };
  }
  return undefined;
}

export type WindowDecision =
  | { readonly kind: 'open' }
  | { readonly kind: 'wait'; readonly untilAt: number; readonly message: string }
  | Refusal;

/** What a closed window means. `latestAt`: until then a window may be waited for. */
export function decideWindow(
  windows: readonly MaintenanceWindow[],
  outside: 'wait' | 'refuse',
  now: number,
  latestAt: number,
): WindowDecision {
  if (windows.length === 0 || isOpen(windows, now)) return { kind: 'open' };
  const next = nextOpening(windows, now);
  const names = windows.map((each) => each.text).join('; ');
  const opens =
    next === undefined
      ? 'It does not open within 16 days.'
      : `It opens next on ${wallText(next.at, next.window.zone)}, in ${formatDuration(Math.ceil((next.at - now) / minuteMs) * minuteMs)}.`;
  if (outside === 'wait' && next !== undefined && next.at <= latestAt) {
    return {
      kind: 'wait',
      untilAt: next.at,
      message: `Outside of the maintenance window (${names}). ${opens} Waiting for it.`,
    };
  }
  const tooFar = outside === 'wait' ? ' That is longer than window-timeout lets this job wait.' : '';
  return {
    kind: 'refuse',
    code: 'outside-window',
    reason: `This is outside of the maintenance window (${names}). ${opens}${tooFar}`,
    remedy:
      outside === 'wait'
        ? 'Run the job nearer to the window, for example by a schedule, or raise window-timeout.'
        : 'Run the job again in the window, let it wait with outside-window: wait, or leave maintenance-window out this once.',
  };
}

interface WallClock {
  /** 0 is Sunday. */
  readonly day: number;
  /** After local midnight. */
  readonly minute: number;
}

function covers({ days, startMinute, endMinute, zone }: MaintenanceWindow, at: number): boolean {
  const { day, minute } = wallClock(zone, at);
  if (endMinute > startMinute) return days.includes(day) && minute >= startMinute && minute < endMinute;
  return days.includes(day)
    ? minute >= startMinute || (days.includes((day + 6) % 7) && minute < endMinute)
    : days.includes((day + 6) % 7) && minute < endMinute;
}

/** Minutes of the wall clock until it next shows the start, 1 to 1440. */
function toStart({ startMinute, zone }: MaintenanceWindow, at: number): number {
  const { minute } = wallClock(zone, at);
  return ((startMinute - minute + dayMinutes - 1) % dayMinutes) + 1;
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const formats = new Map<string, Intl.DateTimeFormat>();

function partsOf(zone: string, at: number): (type: Intl.DateTimeFormatPartTypes) => string {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  const parts = format.formatToParts(at);
  return (type) => parts.find((part) => part.type === type)?.value ?? '';
}

function wallClock(zone: string, at: number): WallClock {
  const part = partsOf(zone, at);
  return {
    day: dayNames.indexOf(part('weekday')),
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}

/** `Sun 2026-11-29 02:00 UTC` */
function wallText(at: number, zone: string): string {
  const part = partsOf(zone, at);
  return `${part('weekday')} ${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${zone}`;
}
