/** Looks for needles in a stream of bytes, across the borders of its chunks; memory stays small. */
import type { Needle } from './needles.ts';

/** Names of the secrets that are in it, each once. */
export async function findInStream(
  chunks: AsyncIterable<Uint8Array>,
  needles: readonly Needle[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const longest = needles.reduce((length, { bytes }) => Math.max(length, bytes.length), 0);
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const part =
      tail.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.concat([tail, chunk]);
    for (const { name, bytes } of needles) {
      if (!found.has(name) && part.includes(bytes)) found.add(name);
    }
    tail = Buffer.from(part.subarray(Math.max(0, part.length - longest + 1)));
  }
  return found;
}
