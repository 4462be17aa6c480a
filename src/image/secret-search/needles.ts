/** What a secret looks like in a file: as it is, and as the encodings around images and configuration write it. Pure. */

export interface Needle {
  /** Name of the secret: it may be shown, its value never. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Shorter values (true, 8080, a region) stand everywhere and prove nothing. */
export const shortestSecret = 8;

export interface Needles {
  readonly needles: readonly Needle[];
  /** Names of secrets that are too short to be searched for. */
  readonly tooShort: readonly string[];
}

export function needlesOf(secrets: ReadonlyMap<string, string>): Needles {
  const needles: Needle[] = [];
  const tooShort: string[] = [];
  for (const [name, value] of secrets) {
    const text = value.trim();
    if (text === '') continue;
    if (text.length < shortestSecret) {
      tooShort.push(name);
      continue;
    }
    const forms = new Set([
      text,
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(text),
      ...base64Forms(text),
    ]);
    // A key of many lines may be there with other line ends, or one line of it alone: its longest line tells.
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    if (lines.length > 1) {
      const longest = lines.reduce((one, other) => (other.length > one.length ? other : one));
      if (longest.length >= 2 * shortestSecret) forms.add(longest);
    }
    for (const form of forms) needles.push({ name, bytes: Buffer.from(form, 'utf8') });
  }
  return { needles, tooShort };
}

/** Base64 depends on what stands before: each of the three alignments, without the characters that neighbours change. */
function base64Forms(text: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(text, 'utf8')]).toString('base64');
    const from = [0, 2, 3][offset]!;
    const whole = Math.floor(((offset + Buffer.byteLength(text, 'utf8')) * 4) / 3);
    const form = encoded.slice(from, whole);
    return form.length >= shortestSecret ? [form] : [];
  });
}
