/** Inputs of the cutover-check action. */
import {
  choice,
  duration,
  type Field,
  integer,
  list,
  matching,
  optional,
  text,
  withDefault,
} from './field.ts';
import { checked, type InputProblem, type ParseResult, parseFields, type RawInputs } from './parse.ts';

export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

export interface CutoverCheckRequest {
  /** begin: what has to be so before traffic moves. end: whether the host may be stopped. */
  readonly mode: 'begin' | 'end';
  /** What clients type: scheme, host, perhaps a port. */
  readonly publicUrl: URL;
  /** In lower case, without a dot at its end. */
  readonly loadBalancerName: string;
  readonly maxTtlSeconds: number;
  /** None: those of the machine. */
  readonly dnsServers: readonly DnsServer[];
  readonly paths: readonly string[];
  /** A path whose answer shows the client's address and scheme as the application takes them. */
  readonly forwardedPath: string | undefined;
  readonly certificateDays: number;
  /** Where the host answers for clients that remember its address; undefined: it is not asked. */
  readonly oldAddress: URL | undefined;
  readonly plainHttp: 'accept' | 'refuse';
  /** What was found on the host; undefined: nobody has looked by machine. */
  readonly found: string | undefined;
  readonly localFiles: string;
  readonly cronJobs: string;
  /** Requests that came to the host past the load balancer, as counted by the user. */
  readonly directRequests: number | undefined;
}

function origin(allowed: string): Field<URL> {
  return {
    allowed,
    parse: (given) => {
      const url =
        /^https?:\/\/[^\s/?#@]+\/?$/.test(given) && URL.canParse(given) ? new URL(given) : undefined;
      return url === undefined ? { ok: false, allowed } : { ok: true, value: url };
    },
  };
}

/** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`. */
function dnsServer(): Field<DnsServer> {
  const allowed = 'IP addresses of name servers, with a port or without';
  return {
    allowed,
    parse: (given) => {
      const [, bracketed, plain, port = '53'] =
        /^(?:\[([0-9a-f:.]+)\]|([0-9.]+|[0-9a-f:]*:[0-9a-f:.]*:[0-9a-f:.]*?))(?::(\d{1,5}))?$/i.exec(given) ??
        [];
      const address = bracketed ?? plain;
      const number = Number(port);
      return address === undefined || number < 1 || number > 65_535
        ? { ok: false, allowed }
        : { ok: true, value: { address, port: number } };
    },
  };
}

const path = matching(/^\/\S*$/, 'a path that begins with /');

export const fields = {
  mode: withDefault(choice('begin', 'end'), 'begin'),
  'public-url': origin('what clients type, scheme and host only, such as https://api.example.com'),
  'load-balancer-dns-name': matching(/^[A-Za-z0-9.-]{1,253}$/, 'the DNS name of the load balancer'),
  'max-dns-ttl': withDefault(duration(1000, 86_400_000), 300_000),
  'dns-servers': withDefault(list(dnsServer()), []),
  paths: withDefault(list(path), ['/']),
  'forwarded-path': optional(path),
  'certificate-days': withDefault(integer(0, 3650), 14),
  'old-address': optional(origin('where the host answers by itself, such as http://203.0.113.10:5000')),
  'plain-http': withDefault(choice('refuse', 'accept'), 'refuse'),
  found: optional(text('what was found on the host')),
  'local-files': withDefault(text('PATH => PLACE, one a line, or none'), ''),
  'cron-jobs': withDefault(text('JOB => PLACE, one a line, or none'), ''),
  'direct-requests': optional(integer(0, 1_000_000_000)),
};

export function parseCutoverCheck(raw: RawInputs): ParseResult<CutoverCheckRequest> {
  const parsed = parseFields(fields, raw);
  if (!parsed.ok) return parsed;
  const given = parsed.request;
  const problems: InputProblem[] = [];
  if (given.mode === 'end' && given['direct-requests'] === undefined) {
    problems.push({
      input: 'direct-requests',
      given: '(nothing)',
      allowed: 'in mode end, how many requests came to the host past the load balancer since yesterday',
    });
  }
  return checked(
    {
      mode: given.mode,
      publicUrl: given['public-url'],
      loadBalancerName: given['load-balancer-dns-name'].toLowerCase().replace(/\.$/, ''),
      maxTtlSeconds: Math.floor(given['max-dns-ttl'] / 1000),
      dnsServers: given['dns-servers'],
      paths: given.paths,
      forwardedPath: given['forwarded-path'],
      certificateDays: given['certificate-days'],
      oldAddress: given['old-address'],
      plainHttp: given['plain-http'],
      found: given.found,
      localFiles: given['local-files'],
      cronJobs: given['cron-jobs'],
      directRequests: given['direct-requests'],
    },
    problems,
  );
}
