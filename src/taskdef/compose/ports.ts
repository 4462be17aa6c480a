/**
 * Ports of a Compose service. Pure.
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#ports
 */
import { isObject, type JsonValue } from '../json.ts';

export interface ComposePort {
  readonly target: number;
  /** A port or a range, as written; undefined: any free one. */
  readonly published: string | undefined;
  readonly hostIp: string | undefined;
  readonly protocol: string;
  readonly appProtocol: string | undefined;
  readonly name: string | undefined;
}

/** A range is many ports; an entry that is none of the known forms is no port at all. */
export function parsePort(entry: JsonValue): readonly ComposePort[] {
  if (isObject(entry)) {
    const target = Number(entry['target']);
    if (!isPort(target)) return [];
    return [
      {
        target,
        published: textOf(entry['published']),
        hostIp: textOf(entry['host_ip']),
        protocol: textOf(entry['protocol']) ?? 'tcp',
        appProtocol: textOf(entry['app_protocol']),
        name: textOf(entry['name']),
      },
    ];
  }
  const match = /^(?:(?:(\[[^\]]*\]|[^[\]]*):)?([\d-]*):)?(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(String(entry));
  if (match === null) return [];
  const [, hostIp, published, first, last = first, protocol = 'tcp'] = match;
  const low = Number(first);
  const high = Number(last);
  if (!isPort(low) || !isPort(high) || high < low) return [];
  const host = published === undefined || published === '' ? undefined : published;
  const [hostLow, hostHigh] = (host ?? '').split('-').map(Number);
  const isPaired = hostHigh !== undefined && hostHigh - hostLow! === high - low && high > low;
  return Array.from({ length: high - low + 1 }, (_, index) => ({
    target: low + index,
    published: isPaired ? String(hostLow! + index) : host,
    hostIp: hostIp === undefined || hostIp === '' ? undefined : hostIp.replace(/^\[|\]$/g, ''),
    protocol,
    appProtocol: undefined,
    name: undefined,
  }));
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
