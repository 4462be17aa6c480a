/** Outcomes in words. Pure; a missing outcome does not compile. */
import { describeSplit } from './ladder.ts';
import type { Ending } from './state.ts';

export function interference(ending: Ending & { kind: 'interfered' }): string {
  return `Somebody else changed the weights: the rule holds ${describeSplit(ending.live)}, this shift last wrote ${describeSplit(ending.expected)}.`;
}
