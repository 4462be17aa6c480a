/** `host[:port]/repository[:tag][@sha256:…]`, as container engines read it. */
export interface ImageReference {
  /** Empty where none is named (Docker Hub). */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

export function parseImageReference(image: string): ImageReference {
  const [named = '', digest] = splitAt(image, image.indexOf('@'));
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  // As Docker decides: a first part with a dot, a port or "localhost" is a host.
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const path = isHost ? named.slice(slash + 1) : named;
  const colon = path.lastIndexOf(':');
  const [repository = '', tag] = splitAt(path, colon > path.lastIndexOf('/') ? colon : -1);
  return { host: isHost ? first : '', repository, tag, digest };
}

function splitAt(text: string, index: number): readonly [string, string | undefined] {
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
