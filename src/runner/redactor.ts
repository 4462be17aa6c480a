/** Keeps secret values out of everything that is shown. Pure but for the values it has been told. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Values under four characters are left alone: replacing them would destroy every text. */
  add(secret: string | undefined): void {
    if (secret === undefined) return;
    for (const line of [secret, ...secret.split('\n')]) {
      const value = line.trim();
      if (value.length >= 4) this.#secrets.add(value);
    }
  }

  redact(text: string): string {
    let result = text;
    for (const secret of [...this.#secrets].sort((one, other) => other.length - one.length)) {
      result = result.replaceAll(secret, '***');
    }
    return result;
  }
}
