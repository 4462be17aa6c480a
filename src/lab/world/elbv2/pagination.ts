/** Marker and PageSize as the ELBv2 describe calls use them. The marker is the index of the next item, opaque. */
import { between, validationError } from './errors.ts';

export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly PageSize?: number | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextMarker: string | undefined;
}

const prefix = 'next-';

/** PageSize is 1-400 (API reference); all answers hold at most 400 without it. */
export function page<T>(all: readonly T[], request: PageRequest): Page<T> {
  const size = request.PageSize ?? 400;
  between(size, 1, 400, 'Page size');
  let start = 0;
  if (request.Marker !== undefined && request.Marker !== '') {
    start = Number(request.Marker.slice(prefix.length));
    if (!request.Marker.startsWith(prefix) || !Number.isInteger(start) || start < 0) {
      throw validationError(`Invalid marker '${request.Marker}'`);
    }
  }
  const end = start + size;
  return {
    items: all.slice(start, end),
    nextMarker: end < all.length ? `${prefix}${end}` : undefined,
  };
}

/** `{ NextMarker }` only where there is one. */
export function marker(page: Page<unknown>): { NextMarker?: string } {
  return page.nextMarker === undefined ? {} : { NextMarker: page.nextMarker };
}
