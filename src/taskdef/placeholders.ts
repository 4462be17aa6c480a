/**
 * `region` and `account-id` as the guide writes them into ARNs and image names, to be filled in. Pure.
 * `arn:aws:secretsmanager:region:account-id:secret:…`, `account-id.dkr.ecr.region.amazonaws.com/…`
 */
import { isObject, type JsonObject, type JsonValue } from './json.ts';

export interface Place {
  readonly accountId: string;
  readonly region: string;
}

const accountWords: ReadonlySet<string> = new Set(['account-id', 'account']);
const regionWords: ReadonlySet<string> = new Set(['region']);

export function hasPlaceholders(definition: JsonObject): boolean {
  return fillPlaceholders(definition, { accountId: '0', region: 'r' }).filled > 0;
}

/** A copy with the placeholders filled in, and how many texts that changed. */
export function fillPlaceholders(
  definition: JsonObject,
  place: Place,
): { readonly definition: JsonObject; readonly filled: number } {
  let filled = 0;
  const visit = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') {
      const full = fill(value, place);
      if (full !== value) filled++;
      return full;
    }
    if (Array.isArray(value)) return value.map(visit);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, visit(entry)]));
  };
  const result = visit(definition) as JsonObject;
  return { definition: result, filled };
}

function fill(text: string, place: Place): string {
  if (text.startsWith('arn:')) {
    const parts = text.split(':');
    if (regionWords.has(parts[3] ?? '')) parts[3] = place.region;
    if (accountWords.has(parts[4] ?? '')) parts[4] = place.accountId;
    return parts.join(':');
  }
  const image = /^([^./]+)\.dkr\.ecr\.([^./]+)\.amazonaws\.com(?=[./])/.exec(text);
  if (image === null) return text;
  const [host, account = '', region = ''] = image;
  const fullAccount = accountWords.has(account) ? place.accountId : account;
  const fullRegion = regionWords.has(region) ? place.region : region;
  return `${fullAccount}.dkr.ecr.${fullRegion}.amazonaws.com${text.slice(host.length)}`;
}
