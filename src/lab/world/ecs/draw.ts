/** Seeded durations. */
import type { RangeMs } from './options.ts';
import type { EcsContext } from './state.ts';

/** A whole number of milliseconds in `range`, from the stream of its purpose. */
export function drawMs(context: EcsContext, stream: string, range: RangeMs): number {
  return range[0] === range[1] ? range[0] : context.kernel.rng(stream).int(range[0], range[1]);
}
