/** Fields that only shifts have: ladders, rates, ranges of status codes. */
import type { Field } from './field.ts';
import type { CodeRange, Guard } from './shift-request.ts';

/** `10,50,100`: rising percentages that end in 100; ALB's weights go down to a tenth of a percent. */
export function ladder(): Field<readonly number[]> {
  const allowed = 'rising percentages from 0.1 to 100 that end in 100, such as 10,50,100 or 0.5,5,25,100';
  return {
    allowed,
    parse: (given) => {
      const parts = given.split(/[\s,]+/).map((part) => part.replace(/%$/, ''));
      const steps = parts.map((part) => (/^\d{1,3}(\.\d)?$/.test(part) ? Number(part) : Number.NaN));
      const rises = steps.every((step, index) => step > (index === 0 ? 0 : steps[index - 1]!));
      return rises && steps.at(-1) === 100 ? { ok: true, value: steps } : { ok: false, allowed };
    },
  };
}

/** The longest ladder that `auto` can lead to. */
export const longestAutoLadder = 6;

/** A ladder, or `auto`: it is made from the exposure budget and the traffic that is measured. */
export function ladderOrAuto(): Field<readonly number[] | 'auto'> {
  const given = ladder();
  const allowed = `${given.allowed}, or auto`;
  return {
    allowed,
    parse: (text) => {
      if (text.toLowerCase() === 'auto') return { ok: true, value: 'auto' };
      const parsed = given.parse(text);
      return parsed.ok ? parsed : { ok: false, allowed };
    },
  };
}

/** `0.5%`, or the fraction `0.005`. */
export function rate(): Field<number> {
  const allowed = 'a percentage such as 0.5%, or a fraction from 0 to 1 such as 0.005';
  return {
    allowed,
    parse: (given) => {
      const match = /^(\d{1,3}(?:\.\d{1,6})?|\.\d{1,6})\s*(%?)$/.exec(given);
      const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
      return value >= 0 && value <= 1 ? { ok: true, value } : { ok: false, allowed };
    },
  };
}

/** `200-499`, or `200,204,300-399`: as target groups write their matcher. */
export function codes(): Field<readonly CodeRange[]> {
  const allowed = 'HTTP status codes such as 200-399 or 200,204';
  return {
    allowed,
    parse: (given) => {
      const ranges = given.split(',').map((part) => {
        const match = /^\s*(\d{3})(?:\s*-\s*(\d{3}))?\s*$/.exec(part);
        const from = Number(match?.[1]);
        return { from, to: match?.[2] === undefined ? from : Number(match[2]) };
      });
      const good = ranges.every(({ from, to }) => from >= 100 && to <= 599 && from <= to);
      return good ? { ok: true, value: ranges } : { ok: false, allowed };
    },
  };
}

/** `keep`, `scale-to-zero`, or a number of tasks. */
export function tasksLeft(): Field<'keep' | number> {
  const allowed = 'keep, scale-to-zero, or the number of tasks that stay';
  return {
    allowed,
    parse: (given) => {
      if (given === 'keep') return { ok: true, value: 'keep' };
      if (given === 'scale-to-zero') return { ok: true, value: 0 };
      return /^\d{1,4}$/.test(given) ? { ok: true, value: Number(given) } : { ok: false, allowed };
    },
  };
}

/** Of blue, while it is kept as the way back: all of it, so many tasks, or a part of those that run. */
export type KeepBlueAt = 'all' | { readonly tasks: number } | { readonly percent: number };

/** `all`, a number of tasks, or `50%`. */
export function tasksKept(): Field<KeepBlueAt> {
  const allowed = 'all, a number of tasks from 1 on, or a percentage of blue’s tasks from 1% to 100%';
  return {
    allowed,
    parse: (given) => {
      if (given === 'all' || given === '100%') return { ok: true, value: 'all' };
      const [, digits, sign] = /^([1-9]\d{0,3})(%?)$/.exec(given) ?? [];
      const count = Number(digits);
      if (digits === undefined || (sign === '%' && count > 100)) return { ok: false, allowed };
      return { ok: true, value: sign === '%' ? { percent: count } : { tasks: count } };
    },
  };
}

/** `alarm:NAME`, `restoring-alarm:NAME`, or `watch:FILE`. */
export function guard(): Field<Guard> {
  const allowed =
    'alarm:NAME (an alarm whose action, a function or a response plan, takes the weights back), restoring-alarm:NAME (one behind which something else does) or watch:FILE (a scheduled workflow such as watch:.github/workflows/watch.yml)';
  return {
    allowed,
    parse: (given) => {
      const [, kind, rest = ''] = /^(alarm|restoring-alarm|watch):\s*(\S.*)$/.exec(given) ?? [];
      if (kind === 'alarm') return { ok: true, value: { kind, name: rest, vouched: false } };
      if (kind === 'restoring-alarm')
        return { ok: true, value: { kind: 'alarm', name: rest, vouched: true } };
      if (kind === 'watch') return { ok: true, value: { kind, path: rest } };
      return { ok: false, allowed };
    },
  };
}
