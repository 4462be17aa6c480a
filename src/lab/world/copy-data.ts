const { getPrototypeOf, keys } = Object;
const { isArray } = Array;
const plain = Object.prototype;

/**
 * A deep copy of an AWS answer or input: plain objects, arrays, dates, bytes and simple values, which is all
 * that the SDK's shapes hold. Several times faster than `structuredClone`, which also keeps cycles and
 * identities that these do not have.
 *
 * @throws TypeError for anything else, so that nothing of the world slips out by reference
 */
export function copyData<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new TypeError(`A ${typeof value} is no data.`);
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) {
    const result = new Array<unknown>(value.length);
    for (let index = 0; index < value.length; index++) result[index] = copy(value[index]);
    return result;
  }
  // Objects of another realm (a vm context) have prototypes of their own.
  const prototype = getPrototypeOf(value);
  if (prototype === plain || prototype === null || isPlain(prototype)) {
    const result: Record<string, unknown> = {};
    for (const key of keys(value)) result[key] = copy((value as Record<string, unknown>)[key]);
    return result;
  }
  const kind = Object.prototype.toString.call(value);
  if (kind === '[object Date]') return new Date(Number(value));
  if (kind === '[object Uint8Array]') return Uint8Array.from(value as Uint8Array);
  throw new TypeError(`${kind} is no data.`);
}

function isPlain(prototype: object): boolean {
  return getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}
