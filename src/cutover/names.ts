/** What the answers of name servers say of the way to the load balancer. Pure. */
import { formatDuration } from '../report/duration.ts';
import type { DnsRecord, Finding, NameFacts } from './facts.ts';

/** Longer chains are loops. */
const longestChain = 10;

/** From one name by CNAME records to the last one, that included. */
export function chainOf(name: string, records: readonly DnsRecord[]): readonly string[] {
  const chain = [name];
  while (chain.length <= longestChain) {
    const next = records.find((each) => each.type === 'CNAME' && each.name === chain.at(-1))?.data;
    if (next === undefined) break;
    chain.push(next);
  }
  return chain;
}

export function addressesOf(records: readonly DnsRecord[]): readonly string[] {
  return [
    ...new Set(records.filter((each) => each.type === 'A' || each.type === 'AAAA').map((each) => each.data)),
  ];
}

/** TTL of the record at the name itself: what lies behind it is not the user's. */
export function ttlAt(name: string, records: readonly DnsRecord[]): number | undefined {
  const own = records.filter((each) => each.name === name && ['CNAME', 'A', 'AAAA'].includes(each.type));
  return own.length === 0 ? undefined : Math.max(...own.map((each) => each.ttlSeconds));
}

export function judgeName(
  name: string,
  loadBalancerName: string,
  maxTtlSeconds: number,
  facts: NameFacts,
): readonly Finding[] {
  const { answer, balancerAddresses } = facts;
  const problem = (sentence: string): Finding => ({ kind: 'problem', sentence });
  if (answer.kind === 'silent') {
    return [problem(`The address of ${name} could not be asked for: ${answer.reason}.`)];
  }
  const addresses = addressesOf(answer.records);
  if (answer.code !== 'NOERROR' || addresses.length === 0) {
    const why = answer.code === 'NOERROR' ? 'no address' : answer.code;
    return [problem(`${name} leads nowhere: the name server says ${why}. Make its record first.`)];
  }
  const chain = chainOf(name, answer.records);
  const last = chain.at(-1)!.replace(/^dualstack\./, '');
  const strange = addresses.filter((address) => !balancerAddresses.includes(address));
  const findings: Finding[] = [];
  if (last === loadBalancerName.replace(/^dualstack\./, '')) {
    findings.push({
      kind: 'good',
      sentence: `${name} is a name for the load balancer (${chain.slice(1).join(' → ')}).`,
    });
  } else if (strange.length === 0) {
    findings.push({
      kind: 'good',
      sentence: `${name} has the load balancer's addresses (${addresses.join(', ')}).`,
    });
  } else {
    findings.push(
      problem(
        `${name} leads to ${strange.join(', ')}, and the load balancer ${loadBalancerName} is at ${balancerAddresses.join(', ') || 'no address'}. Point the record at the load balancer.`,
      ),
    );
  }
  return [...findings, judgeTtl(name, maxTtlSeconds, facts.zoneTtlSeconds, ttlAt(name, answer.records))];
}

function judgeTtl(
  name: string,
  maxSeconds: number,
  zoneSeconds: number | undefined,
  rememberedSeconds: number | undefined,
): Finding {
  const text = (seconds: number): string => formatDuration(seconds * 1000);
  const seconds = zoneSeconds ?? rememberedSeconds;
  if (seconds === undefined) {
    return { kind: 'problem', sentence: `The TTL of ${name} could not be read.` };
  }
  if (seconds > maxSeconds) {
    return {
      kind: 'problem',
      sentence: `The record of ${name} has a TTL of ${text(seconds)}, and ${text(maxSeconds)} is the most. Lower it, and wait for as long as the old one was.`,
    };
  }
  return zoneSeconds === undefined
    ? {
        kind: 'note',
        sentence: `A name server remembers the record of ${name} for ${text(seconds)} more. What its TTL is the zone's own servers know, and they do not answer this runner.`,
      }
    : { kind: 'good', sentence: `The record of ${name} has a TTL of ${text(seconds)}.` };
}
