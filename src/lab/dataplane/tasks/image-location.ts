/** `host/repository:tag`, `host/repository@sha256:...` or both, taken apart. */
export interface ImageLocation {
  /** Undefined for `lab/app:1`: a name without a registry. */
  readonly host: string | undefined;
  readonly repository: string;
  /** The digest if there is one, else the tag; `latest` where neither is given. */
  readonly reference: string;
}

export function imageLocation(image: string): ImageLocation {
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const digest = at < 0 ? undefined : image.slice(at + 1);
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const rest = isHost ? name.slice(slash + 1) : name;
  const colon = rest.lastIndexOf(':');
  return {
    host: isHost ? first : undefined,
    repository: colon < 0 ? rest : rest.slice(0, colon),
    reference: digest ?? (colon < 0 ? 'latest' : rest.slice(colon + 1)),
  };
}
