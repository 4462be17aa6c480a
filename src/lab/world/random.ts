/**
 * Seeded random numbers. Each purpose has a stream of its own, so that one more draw in one place
 * does not change what happens in another.
 */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [low, high], both included. */
  int(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
}

/** FNV-1a, 32 bit: turns a stream's name into its seed. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

/** Two digits each. */
const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** sfc32 (Chris Doty-Humphrey's small fast counting generator): 128 bits of state, passes PractRand. */
export function createRng(seed: number, stream: string): Rng {
  let a = hash(stream) | 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) ^ hash(`${stream}/2`);
  let counter = 1;
  const next32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) next32();
  const rng: Rng = {
    next: () => next32() / 2 ** 32,
    // Not by `next`: a fraction that is handed over is an object of its own.
    int: (low, high) => low + Math.floor((next32() / 2 ** 32) * (high - low + 1)),
    chance: (probability) => next32() / 2 ** 32 < probability,
    hex: (length) => {
      let text = '';
      while (text.length < length) {
        const drawn = next32();
        text += bytes[drawn >>> 24]! + bytes[(drawn >>> 16) & 255]! + bytes[(drawn >>> 8) & 255]!;
        text += bytes[drawn & 255]!;
      }
      return text.slice(0, length);
    },
    pick: (items) => {
      if (items.length === 0) throw new RangeError('pick from an empty list');
      return items[rng.int(0, items.length - 1)]!;
    },
  };
  return rng;
}
