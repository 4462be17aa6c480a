/** Looks at a service as its clients do, and asks the name servers what they will be told. */
import type { CutoverCheckRequest, DnsServer } from '../inputs/cutover-check.ts';
import type { AskDns } from './ask-dns.ts';
import type { DnsAnswer, EntranceFacts, HttpFacts, NameFacts, PathFacts } from './facts.ts';
import type { HttpGet } from './http-get.ts';
import { mostRedirects } from './judge-entrance.ts';
import { addressesOf, ttlAt } from './names.ts';

export interface LookPorts {
  readonly askDns: AskDns;
  readonly httpGet: HttpGet;
  /** Name servers of the machine. */
  readonly systemServers: () => readonly DnsServer[];
  readonly random: () => number;
  /** Where servers of zones listen; 53 but in tests. */
  readonly zonePort?: number;
}

/** A load balancer has up to eight addresses in one answer, and may have more. */
const balancerQuestions = 3;
/** Servers of a zone that are asked before the TTL stays unknown. */
const zoneServers = 2;

export async function lookAtEntrance(request: CutoverCheckRequest, ports: LookPorts): Promise<EntranceFacts> {
  const { publicUrl, paths, forwardedPath, oldAddress } = request;
  const name = await lookAtName(request, ports);
  // Through the name's own address where it has one: what clients reach.
  const address = name.answer.kind === 'answer' ? addressesOf(name.answer.records)[0] : undefined;
  const get = (url: URL, headers?: Readonly<Record<string, string>>): Promise<HttpFacts> =>
    address === undefined
      ? Promise.resolve({ kind: 'failed', reason: 'its name has no address', certificate: false })
      : ports.httpGet(url, { address, ...(headers === undefined ? {} : { headers }) });
  const claimed = `198.51.100.${1 + Math.floor(ports.random() * 254)}`;
  const [pathFacts, forwarded, old] = await Promise.all([
    Promise.all(paths.map((path) => followPath(publicUrl, path, get))),
    forwardedPath === undefined
      ? undefined
      : get(new URL(forwardedPath, publicUrl), { 'x-forwarded-for': claimed }).then((answer) => ({
          claimed,
          answer,
        })),
    oldAddress === undefined || request.mode === 'end'
      ? undefined
      : ports.httpGet(new URL(paths[0] ?? '/', oldAddress), { headers: { host: publicUrl.host } }),
  ]);
  return { name, paths: pathFacts, forwarded, old };
}

/** Redirects within the service are followed; one that leads elsewhere is an answer. */
async function followPath(
  publicUrl: URL,
  path: string,
  get: (url: URL) => Promise<HttpFacts>,
): Promise<PathFacts> {
  let url = new URL(path, publicUrl);
  const hops: { url: string; answer: HttpFacts }[] = [];
  for (;;) {
    const answer = await get(url);
    const seen = hops.some((hop) => hop.url === url.href);
    hops.push({ url: url.href, answer });
    const location = answer.kind === 'answered' && isRedirect(answer.status) ? answer.location : undefined;
    if (seen || location === undefined || !URL.canParse(location, url.href) || hops.length > mostRedirects)
      break;
    const next = new URL(location, url);
    if (next.host !== publicUrl.host) break;
    url = next;
  }
  return { path, hops };
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}

async function lookAtName(request: CutoverCheckRequest, ports: LookPorts): Promise<NameFacts> {
  const servers = request.dnsServers.length > 0 ? request.dnsServers : ports.systemServers();
  const host = request.publicUrl.hostname;
  const ask = (name: string, type: 'A' | 'AAAA' | 'NS'): Promise<DnsAnswer> =>
    firstAnswer(servers, name, type, ports);
  const both = async (name: string): Promise<DnsAnswer> =>
    joined(await ask(name, 'A'), await ask(name, 'AAAA'));
  const answer = await both(host);
  const balancerAddresses = new Set<string>();
  for (let count = 0; count < balancerQuestions; count++) {
    const balancer = await both(request.loadBalancerName);
    if (balancer.kind === 'answer')
      for (const each of addressesOf(balancer.records)) balancerAddresses.add(each);
  }
  const zoneTtlSeconds =
    answer.kind === 'answer' && answer.authoritative
      ? ttlAt(host, answer.records)
      : await readZoneTtl(host, ask, ports);
  return { answer, balancerAddresses: [...balancerAddresses], zoneTtlSeconds };
}

/** Addresses of both kinds; the second question adds to what the first was answered. */
function joined(one: DnsAnswer, other: DnsAnswer): DnsAnswer {
  if (one.kind === 'silent' || other.kind === 'silent') return one.kind === 'silent' ? other : one;
  return { ...one, records: [...one.records, ...other.records] };
}

async function firstAnswer(
  servers: readonly DnsServer[],
  name: string,
  type: 'A' | 'AAAA' | 'NS',
  { askDns, random }: LookPorts,
): Promise<DnsAnswer> {
  let last: DnsAnswer = { kind: 'silent', reason: 'this machine knows no name server' };
  for (const server of servers) {
    last = await askDns(server, name, type, { recurse: true, random });
    if (last.kind === 'answer' && last.code !== 'SERVFAIL' && last.code !== 'REFUSED') return last;
  }
  return last;
}

/** A server that remembers counts the TTL down: only those of the zone have the whole of it. */
async function readZoneTtl(
  host: string,
  ask: (name: string, type: 'A' | 'NS') => Promise<DnsAnswer>,
  { askDns, random, zonePort = 53 }: LookPorts,
): Promise<number | undefined> {
  const labels = host.split('.');
  for (let start = 0; start < labels.length - 1; start++) {
    const answer = await ask(labels.slice(start).join('.'), 'NS');
    const names =
      answer.kind === 'answer'
        ? answer.records.filter((each) => each.type === 'NS').map((each) => each.data)
        : [];
    if (names.length === 0) continue;
    for (const name of names.slice(0, zoneServers)) {
      const where = await ask(name, 'A');
      const [address] = where.kind === 'answer' ? addressesOf(where.records) : [];
      if (address === undefined) continue;
      const options = { recurse: false, random };
      const told = await askDns({ address, port: zonePort }, host, 'A', options);
      const seconds = told.kind === 'answer' && told.authoritative ? ttlAt(host, told.records) : undefined;
      if (seconds !== undefined) return seconds;
    }
    return undefined;
  }
  return undefined;
}
