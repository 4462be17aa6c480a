/** Pages of a list, by an opaque token as AWS gives them. */
import { AwsError } from './aws-error.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

/**
 * @param token what the page before gave; undefined for the first
 * @throws AwsError InvalidParameterException for a token that no page gave
 */
export function page<T>(all: readonly T[], token: string | undefined, size: number): Page<T> {
  const start =
    token === undefined || token === '' ? 0 : Number(/^page-(\d+)$/.exec(token)?.[1] ?? Number.NaN);
  if (Number.isNaN(start))
    throw new AwsError('InvalidParameterException', `The nextToken ${token} is not one that was given out.`);
  const end = start + size;
  return { items: all.slice(start, end), nextToken: end < all.length ? `page-${end}` : undefined };
}
