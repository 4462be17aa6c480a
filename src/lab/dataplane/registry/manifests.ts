/** Manifests, tags and referrers of the registry's API. */
import { digestPattern, sha256 } from './blob-store.ts';
import { manifestText, type StoredManifest } from './manifest-store.ts';
import { RegistryError } from './registry-error.ts';
import type { RegistryExchange } from './registry-server.ts';

const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
/** The specification asks registries to take at least 4 MiB; ECR takes no more. */
const manifestLimitBytes = 4 * 1024 * 1024;

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

interface Descriptor {
  readonly digest?: unknown;
  readonly size?: unknown;
  readonly mediaType?: unknown;
}

interface ManifestDocument {
  readonly mediaType?: unknown;
  readonly artifactType?: unknown;
  readonly annotations?: unknown;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
}

export function getManifest(exchange: RegistryExchange, reference: string): void {
  const { request, response } = exchange;
  const manifest = found(exchange, reference);
  response.writeHead(200, {
    'content-type': manifest.mediaType,
    'content-length': Buffer.byteLength(manifest.bytes),
    'docker-content-digest': manifest.digest,
    etag: `"${manifest.digest}"`,
  });
  response.end(request.method === 'HEAD' ? undefined : manifest.bytes);
}

export async function putManifest(exchange: RegistryExchange, reference: string): Promise<void> {
  const { request, response, store, repository, principal } = exchange;
  const isDigest = reference.startsWith('sha256:');
  if (!(isDigest ? digestPattern : tagPattern).test(reference)) {
    const code = isDigest ? 'DIGEST_INVALID' : 'TAG_INVALID';
    throw new RegistryError(400, code, `Invalid reference: '${reference}'.`);
  }
  const bytes = await readBody(request);
  const body = bytes.toString('utf8');
  const document = parseManifest(body, bytes);
  const digest = sha256(bytes);
  if (isDigest && reference !== digest) {
    throw new RegistryError(400, 'DIGEST_INVALID', `The manifest's digest is ${digest}, not ${reference}.`);
  }
  await checkReferences(exchange, document);
  const sent = request.headers['content-type']?.split(';')[0]?.trim();
  const mediaType = sent ?? (typeof document.mediaType === 'string' ? document.mediaType : '');
  if (mediaType === '' || (typeof document.mediaType === 'string' && document.mediaType !== mediaType)) {
    const message = `The manifest says it is '${String(document.mediaType)}', the request '${sent ?? ''}'.`;
    throw new RegistryError(400, 'MANIFEST_INVALID', message);
  }
  store.putManifest(repository, reference, mediaType, bytes, digest, principal);
  const subject = typeof document.subject?.digest === 'string' ? document.subject.digest : undefined;
  if (subject !== undefined) exchange.referrers.add(repository, subject, digest);
  response.writeHead(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    'content-length': 0,
    ...(subject === undefined ? {} : { 'oci-subject': subject }),
  });
  response.end();
}

export function deleteManifest(exchange: RegistryExchange, reference: string): void {
  found(exchange, reference);
  exchange.store.deleteManifest(exchange.repository, reference);
  exchange.response.writeHead(202, { 'content-length': 0 }).end();
}

export function listTags({ response, query, repository, store }: RegistryExchange): void {
  const last = query.get('last') ?? '';
  const asked = query.get('n');
  const limit = asked === null ? Number.POSITIVE_INFINITY : Number(asked);
  const rest = [...store.tags(repository)].sort().filter((tag) => last === '' || tag > last);
  const tags = rest.slice(0, limit);
  const next = tags.at(-1);
  response.setHeader('content-type', 'application/json');
  if (rest.length > tags.length && next !== undefined) {
    const path = `/v2/${repository}/tags/list?n=${limit}&last=${encodeURIComponent(next)}`;
    response.setHeader('link', `<${path}>; rel="next"`);
  }
  response.end(JSON.stringify({ name: repository, tags }));
}

export function listReferrers(exchange: RegistryExchange, digest: string): void {
  if (!digestPattern.test(digest)) {
    throw new RegistryError(400, 'DIGEST_INVALID', `Invalid digest: '${digest}'.`);
  }
  const wanted = exchange.query.get('artifactType');
  const { store, repository } = exchange;
  const descriptors = exchange.referrers
    .of(repository, digest)
    .flatMap((referrer) => store.getManifest(repository, referrer) ?? [])
    .map((manifest) => {
      const document = JSON.parse(manifestText(manifest)) as ManifestDocument;
      return {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: Buffer.byteLength(manifest.bytes),
        artifactType: document.artifactType ?? document.config?.mediaType,
        annotations: document.annotations,
      };
    })
    .filter((descriptor) => wanted === null || descriptor.artifactType === wanted);
  exchange.response.setHeader('content-type', mediaTypes.index);
  if (wanted !== null) exchange.response.setHeader('oci-filters-applied', 'artifactType');
  exchange.response.end(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: descriptors }),
  );
}

function found({ store, repository }: RegistryExchange, reference: string): StoredManifest {
  const manifest = store.getManifest(repository, reference);
  if (manifest === undefined) {
    throw new RegistryError(404, 'MANIFEST_UNKNOWN', 'Requested image not found');
  }
  return manifest;
}

function parseManifest(body: string, bytes: Buffer): ManifestDocument {
  try {
    const document: unknown = JSON.parse(body);
    if (typeof document === 'object' && document !== null && Buffer.from(body).equals(bytes)) return document;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new RegistryError(400, 'MANIFEST_INVALID', 'The manifest is not a JSON object in UTF-8.');
}

/** Everything a manifest names has to be there; its subject need not (OCI 1.1). */
async function checkReferences(exchange: RegistryExchange, document: ManifestDocument): Promise<void> {
  const { store, repository } = exchange;
  for (const part of [document.config, ...(document.layers ?? [])]) {
    if (part === undefined) continue;
    const digest = String(part.digest);
    if (!store.hasBlob(repository, digest)) {
      const message = `The manifest names the layer '${digest}', which was not pushed.`;
      throw new RegistryError(404, 'MANIFEST_BLOB_UNKNOWN', message);
    }
  }
  for (const child of document.manifests ?? []) {
    if (!store.hasManifest(repository, String(child.digest))) {
      const message = `The index names the manifest '${String(child.digest)}', which was not pushed.`;
      throw new RegistryError(404, 'MANIFEST_BLOB_UNKNOWN', message);
    }
  }
}

async function readBody(request: RegistryExchange['request']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > manifestLimitBytes) {
      throw new RegistryError(413, 'SIZE_INVALID', `A manifest may have ${manifestLimitBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
