/** `12,345`. */
export function formatCount(count: number): string {
  // Most are small, and grouping digits by locale is slow.
  return Number.isInteger(count) && count >= 0 && count < 1000 ? `${count}` : count.toLocaleString('en-US');
}
