/** MaxResults (50 at most) and NextToken of the describe calls. */
import { AwsError } from '../aws-error.ts';
import { validationError } from './model.ts';

export function page<T>(
  all: readonly T[],
  input: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
): { readonly items: readonly T[]; readonly token: { NextToken?: string } } {
  const size = input.MaxResults ?? 50;
  if (!Number.isInteger(size) || size < 1) throw validationError(`MaxResults '${size}' must be 1 or more`);
  const limit = Math.min(50, size);
  let start = 0;
  if (input.NextToken !== undefined) {
    const match = /^from-(\d+)$/.exec(input.NextToken);
    if (match === null) {
      throw new AwsError('InvalidNextTokenException', `The next token '${input.NextToken}' is not valid`);
    }
    start = Number(match[1]);
  }
  const end = start + limit;
  return { items: all.slice(start, end), token: end < all.length ? { NextToken: `from-${end}` } : {} };
}
