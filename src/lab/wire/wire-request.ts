/** An HTTP request, read to its end, as the parts of the wire layer see it. */
export interface WireRequest {
  readonly method: string;
  /** Path without the query string, as sent (not decoded). */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case name; several of one name are joined with commas. */
  header(name: string): string | undefined;
  /** As it came over the connection: what was signed. */
  readonly rawBody: Uint8Array;
  /** After Content-Encoding was undone: what is decoded. */
  readonly body: Uint8Array;
}

/** What goes back. `Date` and the request id are added by the server. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Splits a request target as the client sent it. */
export function splitTarget(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}
