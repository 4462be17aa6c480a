/**
 * One AWS request, from bytes to bytes: identify, authenticate, decode, call the world, encode. Holds no
 * socket and no timer: how long an answer waits is part of what it returns.
 */
import { cbor } from '@smithy/core/cbor';
import { AwsError } from '../world/aws-error.ts';
import type { ApiRequest, ApiResult } from '../world/service.ts';
import { type AuthenticationSettings, authenticate } from './authenticate.ts';
import { decodeDocument } from './decode-document.ts';
import { decodeQuery } from './decode-query.ts';
import { encodeDocument } from './encode-document.ts';
import { structXml } from './encode-xml.ts';
import { type ErrorOrigin, errorAnswer } from './error-answer.ts';
import { type Addressed, identify, type Protocol } from './identify.ts';
import { missingMembersError } from './required-members.ts';
import { type OperationShape, type ServiceShape, services } from './services.ts';
import { type ParsedSignature, parseSignature } from './sigv4.ts';
import type { WireRequest, WireResponse } from './wire-request.ts';

export interface AwsEndpointSettings extends AuthenticationSettings {
  call(request: ApiRequest): ApiResult | Promise<ApiResult>;
  /** Told of defects: a call that threw, an output that does not fit its shape. */
  log(message: string): void;
}

export type AwsAnswer =
  | { readonly kind: 'response'; readonly response: WireResponse; readonly delayMs: number }
  | { readonly kind: 'reset'; readonly delayMs: number };

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decodeBody(addressed: Addressed, operation: OperationShape, request: WireRequest): unknown {
  if (addressed.protocol === 'query') return decodeQuery(operation.input, addressed.form);
  const form = addressed.protocol === 'cbor' ? 'cbor' : 'json';
  let value: unknown = {};
  if (request.body.length > 0) {
    try {
      value = form === 'cbor' ? cbor.deserialize(request.body) : JSON.parse(UTF8.decode(request.body));
    } catch {
      throw new AwsError(
        'SerializationException',
        `The request body is no well-formed ${form.toUpperCase()}.`,
      );
    }
  }
  return decodeDocument(operation.input, value, form);
}

function encodeAnswer(
  protocol: Protocol,
  service: ServiceShape,
  operation: OperationShape,
  output: unknown,
  requestId: string,
): WireResponse {
  const value = output ?? {};
  if (protocol === 'query') {
    const result = structXml(operation.output, value);
    const body =
      `<${operation.name}Response xmlns="${service.xmlNamespace}">` +
      `<${operation.name}Result>${result}</${operation.name}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation.name}Response>`;
    return { status: 200, headers: { 'content-type': 'text/xml' }, body };
  }
  if (protocol === 'cbor') {
    const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
    return {
      status: 200,
      headers,
      body: cbor.serialize(encodeDocument(operation.output, value, 'cbor')),
    };
  }
  const headers = { 'content-type': `application/x-amz-${protocol}` };
  // AWS sends an empty body for operations without output.
  const body = operation.output.isUnitSchema()
    ? ''
    : JSON.stringify(encodeDocument(operation.output, value, 'json'));
  return { status: 200, headers, body };
}

function unknownOperation(addressed: Addressed): AwsError {
  if (addressed.service === undefined)
    return new AwsError(
      'UnknownOperationException',
      `The lab does not simulate the service of '${addressed.serviceName}' (operation ${addressed.operation}).`,
    );
  if (addressed.protocol === 'query') {
    const version = addressed.form.get('Version') ?? addressed.service.apiVersion;
    return new AwsError(
      'UnknownOperationException',
      `Could not find operation ${addressed.operation} for version ${version}`,
    );
  }
  return new AwsError(
    'UnknownOperationException',
    `${addressed.service.id} has no operation ${addressed.operation}.`,
  );
}

/** Neither target nor action: nobody signed it, or it is of a REST service, which the lab has none of. */
function namelessRequest(signature: ParsedSignature): AwsError {
  if (signature.kind === 'none')
    return new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
  const name = signature.kind === 'signed' ? signature.parts.signingName : undefined;
  const message =
    name === undefined || services.some(({ signingName }) => signingName === name)
      ? 'The request names no operation: X-Amz-Target, Action or an RPC path is needed.'
      : `The lab does not simulate the service '${name}'.`;
  return new AwsError('UnknownOperationException', message);
}

/** One signing name can stand for several APIs (two of load balancing): the version tells which is meant. */
function findOperation(addressed: Addressed): OperationShape | undefined {
  const version = addressed.form.get('Version');
  if (version !== null && version !== addressed.service?.apiVersion) return undefined;
  return addressed.service?.operations.get(addressed.operation);
}

/** Services outside the lab whose clients read XML only. */
const XML_SERVICES: ReadonlySet<string> = new Set(['s3', 'route53', 'cloudfront']);

/** The protocol to answer in when a request names no operation: what its client can most likely read. */
function guessProtocol(request: WireRequest, signingName: string | undefined): Protocol {
  if (signingName !== undefined && XML_SERVICES.has(signingName)) return 'query';
  const type = request.header('content-type') ?? '';
  if (type.includes('cbor')) return 'cbor';
  return type.includes('x-www-form-urlencoded') ? 'query' : 'json-1.1';
}

/** Never throws and never rejects: a defect becomes InternalFailure, with its stack in the log. */
export async function answerAws(
  request: WireRequest,
  requestId: string,
  settings: AwsEndpointSettings,
): Promise<AwsAnswer> {
  let protocol: Protocol = guessProtocol(request, undefined);
  let service: ServiceShape | undefined;
  let name = '(none)';
  const failed = (error: AwsError, origin: ErrorOrigin = 'front', delayMs = 0): AwsAnswer => {
    return { kind: 'response', response: errorAnswer(protocol, service, error, requestId, origin), delayMs };
  };
  try {
    const signature = parseSignature(request);
    const addressed = identify(request, signature);
    if (addressed === undefined) {
      protocol = guessProtocol(
        request,
        signature.kind === 'signed' ? signature.parts.signingName : undefined,
      );
      return failed(namelessRequest(signature));
    }
    protocol = addressed.protocol;
    service = addressed.service;
    name = `${service?.id ?? addressed.serviceName}:${addressed.operation}`;
    const operation = findOperation(addressed);
    if (service === undefined || operation === undefined) return failed(unknownOperation(addressed));
    const principal = authenticate(request, signature, service, operation.name, settings);
    if (principal instanceof AwsError) return failed(principal);
    const input = decodeBody(addressed, operation, request);
    const invalid = missingMembersError(service.id, operation.input, input);
    if (invalid !== undefined) return failed(invalid, 'service');
    const result = await settings.call({ service: service.id, operation: operation.name, input, principal });
    if (result.kind === 'reset') return { kind: 'reset', delayMs: result.delayMs };
    if (result.kind === 'error') return failed(result.error, 'service', result.delayMs);
    const response = encodeAnswer(protocol, service, operation, result.output, requestId);
    return { kind: 'response', response, delayMs: result.delayMs };
  } catch (error) {
    if (error instanceof AwsError) return failed(error);
    settings.log(`${name} failed inside the lab: ${error instanceof Error ? error.stack : String(error)}`);
    return failed(
      new AwsError(
        'InternalFailure',
        'The request processing has failed because of an unknown error, exception or failure.',
        500,
      ),
    );
  }
}
