/** Latencies in buckets that grow by a tenth: any percentile within 10 %, in constant space. */
const growth = 1.1;
const firstMs = 0.1;

export class LatencyHistogram {
  readonly #counts: number[] = [];
  #total = 0;
  #maxMs = 0;

  add(ms: number): void {
    const bucket = ms <= firstMs ? 0 : Math.ceil(Math.log(ms / firstMs) / Math.log(growth));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  get count(): number {
    return this.#total;
  }

  /** Upper bound of the bucket that holds the percentile (0 to 100); 0 when nothing was added. */
  percentileMs(percentile: number): number {
    const rank = Math.ceil((percentile / 100) * this.#total);
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank && seen > 0) return Math.min(this.#maxMs, firstMs * growth ** bucket);
    }
    return this.#maxMs;
  }
}
