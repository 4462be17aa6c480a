/** NextToken pagination of CloudWatch's calls. The token is the index of the next item, opaque to callers. */
import { AwsError } from '../aws-error.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: number | undefined;
}

export function page<T>(all: readonly T[], token: string | undefined, size: number): Page<T> {
  const start = tokenIndex(token);
  const end = start + size;
  return { items: all.slice(start, end), next: end < all.length ? end : undefined };
}

export function tokenIndex(token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  const match = /^from-(\d+)$/.exec(token);
  if (match === null) throw new AwsError('InvalidNextToken', `The next token '${token}' is not valid`);
  return Number(match[1]);
}

export function nextToken(page: { readonly next: number | undefined }): { NextToken?: string } {
  return page.next === undefined ? {} : { NextToken: `from-${page.next}` };
}
