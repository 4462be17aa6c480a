/** Errors in the form of each protocol: code, status, type and members as the services write them. */
import { cbor } from '@smithy/core/cbor';
import type { AwsError } from '../world/aws-error.ts';
import { encodeDocument } from './encode-document.ts';
import { escapeXml, structXml } from './encode-xml.ts';
import type { Protocol } from './identify.ts';
import type { ErrorShape, ServiceShape } from './services.ts';
import type { WireResponse } from './wire-request.ts';

/**
 * Errors of the common layer in front of every service: name in JSON and CBOR, code and status in Query.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html and
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/CommonErrors.html
 */
const COMMON_ERRORS: readonly (readonly [json: string, query: string, queryStatus: number])[] = [
  ['AccessDeniedException', 'AccessDenied', 403],
  ['ExpiredTokenException', 'ExpiredToken', 403],
  ['IncompleteSignatureException', 'IncompleteSignature', 400],
  ['InvalidSignatureException', 'SignatureDoesNotMatch', 403],
  ['MissingAuthenticationTokenException', 'MissingAuthenticationToken', 403],
  ['SerializationException', 'MalformedInput', 400],
  ['ServiceUnavailableException', 'ServiceUnavailable', 503],
  ['ThrottlingException', 'Throttling', 400],
  ['UnknownOperationException', 'InvalidAction', 400],
  ['UnrecognizedClientException', 'InvalidClientTokenId', 403],
  ['ValidationException', 'ValidationError', 400],
];

/** Written with their full name by the framework below the services. */
const FRAMEWORK_ERRORS: ReadonlySet<string> = new Set([
  'SerializationException',
  'UnknownOperationException',
]);

export type ErrorOrigin = 'front' | 'service';

interface NamedError {
  /** Name of the shape, for JSON and CBOR. */
  readonly name: string;
  readonly queryCode: string;
  readonly status: number;
  readonly shape: ErrorShape | undefined;
}

function nameIn(
  service: ServiceShape | undefined,
  error: AwsError,
  protocol: Protocol,
  origin: ErrorOrigin,
): NamedError {
  const shape = origin === 'front' ? undefined : service?.errors.get(error.code);
  if (shape !== undefined) {
    // 400 is what an error has when its thrower said nothing: the model knows better.
    const status = error.status === 400 ? shape.status : error.status;
    return { name: shape.name, queryCode: shape.queryCode ?? shape.name, status, shape };
  }
  const common = COMMON_ERRORS.find(([json, query]) => json === error.code || query === error.code);
  if (common === undefined)
    return { name: error.code, queryCode: error.code, status: error.status, shape: undefined };
  const [json, query, queryStatus] = common;
  const modelled = origin === 'front' ? undefined : service?.errors.get(json);
  const status = protocol === 'query' && error.status === 400 ? queryStatus : error.status;
  return { name: json, queryCode: query, status, shape: modelled };
}

/** The member that holds the message: `message` in most models, `Message` in some. */
function messageMember(shape: ErrorShape | undefined): string {
  if (shape === undefined) return 'message';
  const names = Object.keys(shape.schema.getMemberSchemas());
  return names.find((name) => name.toLowerCase() === 'message') ?? 'message';
}

function typeName(service: ServiceShape | undefined, named: NamedError, protocol: Protocol): string {
  if (FRAMEWORK_ERRORS.has(named.name)) return `com.amazon.coral.service#${named.name}`;
  const qualified = protocol === 'cbor' || service?.queryCompatible === true;
  return qualified && named.shape !== undefined && service !== undefined
    ? `${service.namespace}#${named.name}`
    : named.name;
}

function queryAnswer(
  service: ServiceShape | undefined,
  named: NamedError,
  error: AwsError,
  requestId: string,
): WireResponse {
  const type = named.status >= 500 ? 'Receiver' : 'Sender';
  const members = named.shape === undefined ? '' : structXml(named.shape.schema, error.members);
  const namespace = service === undefined ? '' : ` xmlns="${service.xmlNamespace}"`;
  const body =
    `<ErrorResponse${namespace}><Error><Type>${type}</Type><Code>${escapeXml(named.queryCode)}</Code>` +
    `<Message>${escapeXml(error.message)}</Message>${members}</Error>` +
    `<RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status: named.status, headers: { 'content-type': 'text/xml' }, body };
}

/**
 * `origin` tells the service's own errors from those of the layer in front of it, which can have the same
 * name: an expired session is ExpiredToken, an expired identity token ExpiredTokenException to STS.
 */
export function errorAnswer(
  protocol: Protocol,
  service: ServiceShape | undefined,
  error: AwsError,
  requestId: string,
  origin: ErrorOrigin,
): WireResponse {
  const named = nameIn(service, error, protocol, origin);
  if (protocol === 'query') return queryAnswer(service, named, error, requestId);
  const form = protocol === 'cbor' ? 'cbor' : 'json';
  const members =
    named.shape === undefined ? {} : (encodeDocument(named.shape.schema, error.members, form) as object);
  const document = {
    __type: typeName(service, named, protocol),
    ...members,
    [messageMember(named.shape)]: error.message,
  };
  const headers: Record<string, string> = { 'x-amzn-errortype': named.name };
  if (service?.queryCompatible === true) {
    const sender = named.status >= 500 ? 'Receiver' : 'Sender';
    headers['x-amzn-query-error'] = `${named.queryCode};${sender}`;
  }
  if (protocol === 'cbor') {
    headers['content-type'] = 'application/cbor';
    headers['smithy-protocol'] = 'rpc-v2-cbor';
    return { status: named.status, headers, body: cbor.serialize(document) };
  }
  headers['content-type'] = `application/x-amz-${protocol}`;
  return { status: named.status, headers, body: JSON.stringify(document) };
}
