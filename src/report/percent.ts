/** `0.5 %` of the fraction 0.005: three digits where they matter. */
export function formatPercent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
