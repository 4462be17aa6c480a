/**
 * How virtual time hangs on real time: at `epochRealMs` of the real clock it was `epochVirtualMs`, and
 * since then virtual time runs `scale` times as fast. Pure. `preload.cjs` does the same arithmetic inside
 * other processes.
 */
export interface ClockMapping {
  readonly epochRealMs: number;
  readonly epochVirtualMs: number;
  /** 1 to 300. */
  readonly scale: number;
}

export const defaultScale = 60;
const slowestScale = 1;
/** Beyond this, a second of network time is more than five minutes of the world's: nothing is true any more. */
const fastestScale = 300;

/** Throws a RangeError for anything but a number from 1 to 300. */
export function checkScale(scale: number): number {
  if (!(scale >= slowestScale && scale <= fastestScale)) {
    throw new RangeError(
      `The clock's scale is ${scale}; it must be a number from ${slowestScale} to ${fastestScale}.`,
    );
  }
  return scale;
}

export function toVirtualMs(mapping: ClockMapping, realMs: number): number {
  return mapping.epochVirtualMs + (realMs - mapping.epochRealMs) * mapping.scale;
}

export function toRealMs(mapping: ClockMapping, virtualMs: number): number {
  return mapping.epochRealMs + (virtualMs - mapping.epochVirtualMs) / mapping.scale;
}

/** A virtual duration in real milliseconds, not below the floor that real networks and processes need. */
export function realDurationMs(mapping: ClockMapping, virtualDurationMs: number, floorMs = 0): number {
  return Math.max(floorMs, virtualDurationMs / mapping.scale);
}

/** The same instant, another speed from then on. */
export function rescaled(mapping: ClockMapping, realMs: number, scale: number): ClockMapping {
  return { epochRealMs: realMs, epochVirtualMs: toVirtualMs(mapping, realMs), scale: checkScale(scale) };
}

/** Value of the LAB_CLOCK variable. `date-only` leaves timers and deadlines alone. */
export function clockVariable(mapping: ClockMapping, mode: 'full' | 'date-only' = 'full'): string {
  const parts = [mapping.epochRealMs, mapping.epochVirtualMs, mapping.scale];
  return parts.join(':') + (mode === 'date-only' ? ':date-only' : '');
}
