/**
 * An error answer of the AWS API, before any protocol has shaped it.
 * `code` is the short name clients switch on (`ServiceNotFoundException`); the wire layer adds the form.
 */
export class AwsError extends Error {
  readonly code: string;
  /** HTTP status, 400 unless told otherwise. */
  readonly status: number;
  /** Further members of the modelled error shape. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.members = members;
  }

  /** AWS's own split: 5xx is theirs, 4xx the caller's. */
  get fault(): 'client' | 'server' {
    return this.status >= 500 ? 'server' : 'client';
  }
}
