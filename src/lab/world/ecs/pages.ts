/** Pages of list operations: `maxResults` and `nextToken` as ECS has them. */
import { invalidParameter } from './errors.ts';

/**
 * One page of `items`. The token names the offset; ECS's own is opaque too.
 *
 * @throws InvalidParameterException for a page size outside 1 to `most` or a token of another list
 */
export function pageOf<T>(
  items: readonly T[],
  request: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
  most: number,
  usual = most,
): { readonly items: T[]; readonly nextToken: string | undefined } {
  const size = request.maxResults ?? usual;
  if (!Number.isInteger(size) || size < 1 || size > most) {
    throw invalidParameter(`maxResults must be between 1 and ${most}, and is ${size}.`);
  }
  const from = request.nextToken === undefined ? 0 : offsetOf(request.nextToken);
  const to = from + size;
  return { items: items.slice(from, to), nextToken: to < items.length ? `lab-page-${to}` : undefined };
}

function offsetOf(token: string): number {
  const match = /^lab-page-(\d{1,9})$/.exec(token);
  if (match === null) throw invalidParameter('Invalid token');
  return Number(match[1]);
}
