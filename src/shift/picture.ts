/** A shift as a Mermaid chart, which GitHub renders: green's share, and the evidence against it. Pure. */
import type { EvidencePoint } from './evidence.ts';

const columns = 60;
const minuteMs = 60_000;
/** Shares that are too small for the eye still get a bar. */
const smallestBar = 1;

export interface ShiftChart {
  /** Green's share over time, percent; oldest first. */
  readonly weights: readonly { readonly at: number; readonly percent: number }[];
  readonly history: readonly EvidencePoint[];
  /** Evidence of harm at which the weights go back. */
  readonly limit: number;
  /** Epoch milliseconds. */
  readonly endAt: number;
}

/**
 * Bars: green's share in percent. Line: how far the strongest evidence of harm has come on its way from 1:1 to
 * the limit, which is at 100; in steps of equal factors, as evidence multiplies. Both have one axis that way.
 */
export function drawShift({ weights, history, limit, endAt }: ShiftChart): string {
  const startAt = weights[0]?.at ?? endAt;
  const lengthMs = Math.max(1, endAt - startAt);
  const times = Array.from({ length: columns }, (_, column) => startAt + (lengthMs * column) / (columns - 1));
  const shares = times.map((at) => {
    const percent = weights.findLast((weight) => weight.at <= at)?.percent ?? 0;
    return percent === 0 ? 0 : Math.max(smallestBar, Math.round(percent));
  });
  let seen = 0;
  const evidence = times.map((at) => {
    while (seen < history.length && history[seen]!.at <= at) seen += 1;
    const ratios = history[seen - 1]?.ratios;
    return ratios === undefined
      ? 0
      : wayToLimit(
          Math.max(
            ratios.errors,
            ratios.unanswered,
            ratios.slow,
            ratios.probes,
            ratios['client-errors'] ?? 0,
          ),
          limit,
        );
  });
  const minutes = Math.max(0.1, Math.round((10 * lengthMs) / minuteMs) / 10);
  return [
    '---',
    'config:',
    '  xyChart:',
    '    width: 900',
    '    height: 300',
    '  themeVariables:',
    '    xyChart:',
    '      plotColorPalette: "#7fd196, #cf222e"',
    '---',
    'xychart-beta',
    `  x-axis "minutes" 0 --> ${minutes}`,
    '  y-axis "percent" 0 --> 100',
    `  bar [${shares.join(', ')}]`,
    `  line [${evidence.join(', ')}]`,
  ].join('\n');
}

/** 0 for no evidence (1:1 or less), 100 for the limit and beyond. */
export function wayToLimit(ratio: number, limit: number): number {
  if (!(ratio > 1)) return 0;
  return Math.min(100, Math.round((100 * Math.log(ratio)) / Math.log(limit)));
}
