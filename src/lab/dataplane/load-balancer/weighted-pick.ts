/**
 * Which target group a request goes to. `smooth` is exact: after N requests each group has got its share
 * within one request a group, and the groups alternate as evenly as they can (the scheme of nginx's smooth
 * weighted round robin). `random` draws each time from a given source. A weight of 0 gets nothing, ever.
 */
export interface Weighted {
  readonly key: string;
  readonly weight: number;
}

export interface WeightedPicker {
  /** Undefined when no entry has weight. */
  pick(entries: readonly Weighted[]): string | undefined;
}

export function createSmoothPicker(): WeightedPicker {
  let signature = '';
  let current: number[] = [];
  return {
    pick(entries) {
      const asked = entries.map((entry) => `${entry.key}=${entry.weight}`).join();
      if (asked !== signature) {
        signature = asked;
        current = entries.map(() => 0);
      }
      let total = 0;
      let best = -1;
      for (const [index, { weight }] of entries.entries()) {
        if (!(weight > 0)) continue;
        total += weight;
        current[index]! += weight;
        if (best < 0 || current[index]! > current[best]!) best = index;
      }
      if (best < 0) return undefined;
      current[best]! -= total;
      return entries[best]!.key;
    },
  };
}

/** `random` gives numbers from 0 up to but not including 1. */
export function createRandomPicker(random: () => number): WeightedPicker {
  return {
    pick(entries) {
      const total = entries.reduce((sum, { weight }) => sum + Math.max(0, weight), 0);
      let left = random() * total;
      let last: string | undefined;
      for (const { key, weight } of entries) {
        if (!(weight > 0)) continue;
        last = key;
        left -= weight;
        if (left < 0) return key;
      }
      return last;
    },
  };
}
