/** Errors of the OCI distribution API: https://github.com/opencontainers/distribution-spec, "Error Codes". */
import type { AwsError } from '../../world/aws-error.ts';

export type RegistryErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED';

export class RegistryError extends Error {
  readonly status: number;
  readonly code: RegistryErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: RegistryErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /** The body that the specification asks for. */
  get body(): string {
    return JSON.stringify({ errors: [{ code: this.code, message: this.message, detail: {} }] });
  }
}

/** How ECR's registry answers what its model refuses. */
const codes: Readonly<Record<string, readonly [number, RegistryErrorCode]>> = {
  ImageTagAlreadyExistsException: [400, 'TAG_INVALID'],
  RepositoryNotFoundException: [404, 'NAME_UNKNOWN'],
  LayersNotFoundException: [404, 'MANIFEST_BLOB_UNKNOWN'],
  ReferencedImagesNotFoundException: [404, 'MANIFEST_BLOB_UNKNOWN'],
  ImageDigestDoesNotMatchException: [400, 'DIGEST_INVALID'],
  AccessDeniedException: [403, 'DENIED'],
};

export function fromAwsError(error: AwsError): RegistryError {
  const [status, code] = codes[error.code] ?? [400, 'MANIFEST_INVALID'];
  return new RegistryError(status, code, error.message);
}
