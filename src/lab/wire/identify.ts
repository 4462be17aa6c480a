/** Which protocol a request speaks, and which operation of which service it wants. */
import {
  type ServiceShape,
  serviceByHost,
  serviceBySigningName,
  serviceByTarget,
  serviceByVersion,
} from './services.ts';
import type { ParsedSignature } from './sigv4.ts';
import type { WireRequest } from './wire-request.ts';

export type Protocol = 'json-1.0' | 'json-1.1' | 'query' | 'cbor';

export interface Addressed {
  readonly protocol: Protocol;
  /** Undefined when no service of the lab is meant. */
  readonly service: ServiceShape | undefined;
  /** What the request calls the service, for messages. */
  readonly serviceName: string;
  readonly operation: string;
  /** Form pairs of the Query protocol; empty for the others. */
  readonly form: URLSearchParams;
}

const RPC_PATH = /^.*\/service\/([^/]+)\/operation\/([^/]+)$/;

/**
 * The service follows from what the request names (target, RPC path, API version), else from the scope of
 * its signature, else from its Host header. Undefined for a request that names no operation.
 */
export function identify(request: WireRequest, signature: ParsedSignature): Addressed | undefined {
  const signingName = signature.kind === 'signed' ? signature.parts.signingName : undefined;
  const bySignature = signingName === undefined ? undefined : serviceBySigningName(signingName);
  const fallback = bySignature ?? serviceByHost(request.header('host') ?? '');
  const contentType = request.header('content-type') ?? '';

  const rpc = RPC_PATH.exec(request.path);
  if (rpc !== null) {
    const [, serviceName = '', operation = ''] = rpc;
    const service = serviceByTarget(serviceName) ?? fallback;
    return { protocol: 'cbor', service, serviceName, operation, form: new URLSearchParams() };
  }

  const target = request.header('x-amz-target');
  if (target !== undefined) {
    const dot = target.lastIndexOf('.');
    const serviceName = target.slice(0, Math.max(0, dot));
    const protocol = contentType.includes('json-1.0') ? 'json-1.0' : 'json-1.1';
    const operation = target.slice(dot + 1);
    const service = serviceByTarget(serviceName);
    return { protocol, service, serviceName, operation, form: new URLSearchParams() };
  }

  const form = request.method === 'GET' ? request.query : formOf(request);
  const operation = form.get('Action');
  if (operation === null) return undefined;
  const version = form.get('Version');
  const service = (version === null ? undefined : serviceByVersion(version)) ?? fallback;
  return { protocol: 'query', service, serviceName: signingName ?? version ?? 'unnamed', operation, form };
}

/** A POST may leave part of the form in its query string. */
function formOf(request: WireRequest): URLSearchParams {
  const form = new URLSearchParams(Buffer.from(request.body).toString('utf8'));
  for (const [name, value] of request.query) if (!form.has(name)) form.append(name, value);
  return form;
}
