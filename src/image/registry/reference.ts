/** Names of images: `host/repository:tag@digest`, with Docker's defaults. Pure. */

export interface ImageReference {
  /** `registry-1.docker.io`, `public.ecr.aws`, `127.0.0.1:5000`. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const pattern = new RegExp(
  `^(?:(?<host>[A-Za-z0-9.-]+\\.[A-Za-z0-9.-]+(?::\\d+)?|[A-Za-z0-9-]+:\\d+|localhost)/)?(?<repository>${component}(?:/${component})*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$`,
);

export const digestPattern = /^sha256:[a-f0-9]{64}$/;
export const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
export const repositoryPattern = new RegExp(`^(?=.{2,256}$)${component}(?:/${component})*$`);

export function parseReference(text: string): ImageReference | undefined {
  const groups = pattern.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const given = groups['host'];
  const isDockerHub = given === undefined || given === 'docker.io' || given === 'index.docker.io';
  const repository = groups['repository']!;
  return {
    host: isDockerHub ? 'registry-1.docker.io' : given,
    repository: isDockerHub && !repository.includes('/') ? `library/${repository}` : repository,
    tag: groups['tag'] ?? (groups['digest'] === undefined ? 'latest' : undefined),
    digest: groups['digest'],
  };
}

/** Plain HTTP is spoken with this machine only. */
export function registryUrl(host: string): string {
  return `${isLoopback(host) ? 'http' : 'https'}://${host}`;
}

export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}
