/** Green's share over time as a drawing of text. Pure. */
import { formatDuration } from '../report/duration.ts';

const eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const columns = 60;
const rows = 5;

/** `weights` oldest first; drawn from the first of them to `endAt` (epoch milliseconds). */
export function drawWeights(
  weights: readonly { readonly at: number; readonly percent: number }[],
  endAt: number,
): string {
  const startAt = weights[0]?.at ?? endAt;
  const lengthMs = Math.max(1, endAt - startAt);
  const heights = Array.from({ length: columns }, (_, column) => {
    // The last column shows the end, so that a rollback in the last second is still seen.
    const at = startAt + (lengthMs * column) / (columns - 1);
    const percent = weights.filter((weight) => weight.at <= at).at(-1)?.percent ?? 0;
    return percent === 0 ? 0 : Math.max(1, Math.round((percent / 100) * rows * 8));
  });
  const lines = Array.from({ length: rows }, (_, index) => {
    const row = rows - 1 - index;
    const label = index === 0 ? '100 %' : index === Math.floor(rows / 2) ? ' 50 %' : '';
    const cells = heights.map((height) => eighths[Math.max(0, Math.min(8, height - row * 8))]).join('');
    return `${label.padStart(6)} │${cells}`.trimEnd();
  });
  const length = formatDuration(Math.round(lengthMs / 1000) * 1000);
  return [
    ...lines,
    `${'0 %'.padStart(6)} └${'─'.repeat(columns)}`,
    `${' '.repeat(8)}0s${length.padStart(columns - 2)}`,
  ].join('\n');
}
