/**
 * Maintenance windows as people write them: `Sun 02:00-04:00 UTC`, `Mon-Fri 22:00-06:00 Europe/Berlin`,
 * `daily 00:00-24:00 Asia/Kolkata`. Pure.
 */
import type { Field, Parsed } from './field.ts';

export interface MaintenanceWindow {
  /** Days on which it opens, 0 is Sunday, in order. */
  readonly days: readonly number[];
  /** Minutes after local midnight, 0 to 1439. */
  readonly startMinute: number;
  /** Up to 1440, not included; not after the start: on the next day. */
  readonly endMinute: number;
  /** IANA name. */
  readonly zone: string;
  /** As it was given, on one line. */
  readonly text: string;
}

const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fullNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const allowed =
  'windows such as "Sun 02:00-04:00 UTC", one a line or separated by ";": days (Mon, Mon-Fri, Sat,Sun or daily), from-to on the local clock, and a time zone (UTC or an IANA name)';

export function maintenanceWindows(): Field<readonly MaintenanceWindow[]> {
  return {
    allowed,
    parse: (given) => {
      const windows: MaintenanceWindow[] = [];
      for (const entry of given.split(/[\n;]/)) {
        const text = entry.trim().replace(/\s+/g, ' ');
        if (text === '' || text.startsWith('#')) continue;
        const parsed = windowOf(text);
        if (!parsed.ok) return { ok: false, allowed: `${allowed}; "${text}": ${parsed.allowed}` };
        windows.push(parsed.value);
      }
      return windows.length === 0 ? { ok: false, allowed } : { ok: true, value: windows };
    },
  };
}

function windowOf(text: string): Parsed<MaintenanceWindow> {
  const parts = /^(.+?) (\S+?)\s?-\s?(\S+) (\S+)$/.exec(text);
  if (parts === null) return { ok: false, allowed: 'it has to be days, from-to, time zone' };
  const [, dayText = '', from = '', to = '', zone = ''] = parts;
  const days = daysOf(dayText);
  if (days === undefined) return { ok: false, allowed: `${dayText} names no days` };
  const startMinute = minuteOf(from);
  const endMinute = minuteOf(to);
  if (startMinute === undefined || startMinute === 1440) return { ok: false, allowed: `${from} is no time` };
  if (endMinute === undefined) return { ok: false, allowed: `${to} is no time` };
  if (startMinute === endMinute) {
    return { ok: false, allowed: 'it begins when it ends (a whole day is 00:00-24:00)' };
  }
  if (!isZone(zone)) return { ok: false, allowed: `${zone} is no time zone` };
  return { ok: true, value: { days, startMinute, endMinute, zone, text } };
}

function daysOf(text: string): readonly number[] | undefined {
  if (/^(daily|every day)$/i.test(text)) return [0, 1, 2, 3, 4, 5, 6];
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last, ...more] = part.trim().split('-').map(dayOf);
    if (first === undefined || more.length > 0) return undefined;
    if (part.includes('-') && last === undefined) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === (last ?? first)) break;
    }
  }
  return [...days].sort();
}

function dayOf(name: string): number | undefined {
  const small = name.trim().toLowerCase();
  const index = Math.max(names.indexOf(small), fullNames.indexOf(small));
  return index < 0 ? undefined : index;
}

/** `02:00` to 120; `24:00` to 1440. */
function minuteOf(text: string): number | undefined {
  const parts = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (parts === null) return undefined;
  const minute = Number(parts[1]) * 60 + Number(parts[2]);
  return Number(parts[2]) > 59 || minute > 1440 ? undefined : minute;
}

/** Those that are known need no formatter, which takes longer to make than all other inputs together. */
const knownZones = new Set(['UTC']);

function isZone(zone: string): boolean {
  if (knownZones.has(zone)) return true;
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    knownZones.add(zone);
    return true;
  } catch {
    return false;
  }
}
