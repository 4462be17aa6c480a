/** What a runner can see of a service from outside: names, answers, certificate. Plain data. */

export interface DnsRecord {
  /** In lower case, without a dot at its end; so are names in `data`. */
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly data: string;
}

export type DnsAnswer =
  | {
      readonly kind: 'answer';
      /** From a server of the zone itself, not from the memory of another. */
      readonly authoritative: boolean;
      /** NOERROR, NXDOMAIN, SERVFAIL … */
      readonly code: string;
      readonly records: readonly DnsRecord[];
    }
  | { readonly kind: 'silent'; readonly reason: string };

export interface NameFacts {
  /** Asked for addresses of the public name. */
  readonly answer: DnsAnswer;
  /** Addresses that the load balancer's own name has had, in a few questions. */
  readonly balancerAddresses: readonly string[];
  /** The record at the public name itself, as the zone has it; undefined where its servers do not answer. */
  readonly zoneTtlSeconds: number | undefined;
}

export type HttpFacts =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly location: string | undefined;
      /** The beginning of it. */
      readonly body: string;
      /** Of the server; undefined over plain HTTP. */
      readonly certificateEndsAt: number | undefined;
    }
  /** `certificate`: it was the certificate that was not good. */
  | { readonly kind: 'failed'; readonly reason: string; readonly certificate: boolean };

/** From the first request to the last answer; more than one where it redirects. */
export interface PathFacts {
  readonly path: string;
  readonly hops: readonly { readonly url: string; readonly answer: HttpFacts }[];
}

export interface EntranceFacts {
  readonly name: NameFacts;
  readonly paths: readonly PathFacts[];
  /** The answer of `forwarded-path`, with the address that the request claimed to come from. */
  readonly forwarded: { readonly claimed: string; readonly answer: HttpFacts } | undefined;
  /** The host itself, past the load balancer. */
  readonly old: HttpFacts | undefined;
}

export interface Finding {
  readonly kind: 'good' | 'problem' | 'note';
  readonly sentence: string;
}
