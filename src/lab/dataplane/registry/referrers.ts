/** Which manifests name which as their subject (OCI 1.1): signatures, SBOMs, attestations. */
export class Referrers {
  readonly #bySubject = new Map<string, Set<string>>();

  add(repository: string, subject: string, digest: string): void {
    const key = `${repository} ${subject}`;
    const digests = this.#bySubject.get(key) ?? new Set();
    digests.add(digest);
    this.#bySubject.set(key, digests);
  }

  /** In the order of pushing; some may have been deleted since. */
  of(repository: string, subject: string): readonly string[] {
    return [...(this.#bySubject.get(`${repository} ${subject}`) ?? [])];
  }
}
