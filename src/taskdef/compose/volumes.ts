/**
 * Mounts of a Compose service. Pure.
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#volumes
 */
import { isObject, type JsonObject, type JsonValue } from '../json.ts';

export interface ComposeMount {
  readonly type: string;
  /** Name of a volume, or a path of the host; undefined: anonymous. */
  readonly source: string | undefined;
  readonly target: string;
  readonly readOnly: boolean;
  /** `tmpfs.size` or `volume.subpath` and the like, as written. */
  readonly options: JsonObject;
}

/** Undefined where it is none of the known forms. */
export function parseMount(entry: JsonValue): ComposeMount | undefined {
  if (isObject(entry)) {
    const { type, source, target, read_only: readOnly } = entry;
    if (typeof type !== 'string' || typeof target !== 'string') return undefined;
    const options = entry[type];
    return {
      type,
      source: typeof source === 'string' && source !== '' ? source : undefined,
      target,
      readOnly: readOnly === true,
      options: isObject(options) ? options : {},
    };
  }
  if (typeof entry !== 'string' || entry === '') return undefined;
  // The colon of a Windows drive ends no part.
  const match = /^([A-Za-z]:[\\/][^:]*|[^:]*)(?::([^:]*))?(?::([^:]*))?$/.exec(entry);
  if (match === null) return undefined;
  const [, source = '', target, modes = ''] = match;
  if (target === undefined) {
    return { type: 'volume', source: undefined, target: source, readOnly: false, options: {} };
  }
  const isPath = /^(?:[./~\\]|[A-Za-z]:[\\/])/.test(source);
  return {
    type: isPath ? 'bind' : 'volume',
    source,
    target,
    readOnly: modes.split(',').includes('ro'),
    options: {},
  };
}
