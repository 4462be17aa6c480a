/** From what was seen to what is good and what is not. Pure. */

import type { CutoverCheckRequest } from '../inputs/cutover-check.ts';
import { formatCount } from '../report/count.ts';
import type { EntranceFacts, Finding, HttpFacts, PathFacts } from './facts.ts';
import { judgeInventory } from './inventory.ts';
import { addressesOf, judgeName } from './names.ts';

const dayMs = 86_400_000;
/** A chain that is longer than this leads nowhere. */
export const mostRedirects = 5;

const good = (sentence: string): Finding => ({ kind: 'good', sentence });
const problem = (sentence: string): Finding => ({ kind: 'problem', sentence });
const note = (sentence: string): Finding => ({ kind: 'note', sentence });

/** `now`: epoch milliseconds. */
export function judgeEntrance(
  request: CutoverCheckRequest,
  facts: EntranceFacts,
  now: number,
): readonly Finding[] {
  const { publicUrl, loadBalancerName, maxTtlSeconds, found, localFiles, cronJobs } = request;
  const findings = [...judgeName(publicUrl.hostname, loadBalancerName, maxTtlSeconds, facts.name)];
  findings.push(...judgeCertificate(request, facts.paths, now));
  // A certificate that is not good has been told; behind it nothing was seen.
  for (const path of facts.paths) if (!isRefused(path.hops[0]!.answer)) findings.push(judgePath(path));
  if (facts.forwarded !== undefined && !isRefused(facts.forwarded.answer)) {
    findings.push(...judgeForwarded(publicUrl, facts.forwarded));
  }
  if (request.mode === 'end') return [...findings, ...judgeEnd(request, facts)];
  if (facts.old !== undefined) findings.push(judgeOld(request.oldAddress!, facts.old));
  if (found !== undefined) findings.push(...judgeInventory(found, localFiles, cronJobs));
  return findings;
}

function judgeCertificate(
  { publicUrl, plainHttp, certificateDays }: CutoverCheckRequest,
  paths: readonly PathFacts[],
  now: number,
): readonly Finding[] {
  if (publicUrl.protocol === 'http:') {
    return plainHttp === 'accept'
      ? [note('Clients come by plain HTTP; that is accepted.')]
      : [
          problem(
            'Clients come by plain HTTP. Give the listener a certificate, or accept it with "plain-http".',
          ),
        ];
  }
  const answers = paths.map(({ hops }) => hops[0]!.answer);
  const refused = answers.find(isRefused);
  if (refused !== undefined) {
    return [problem(`The certificate is not good for ${publicUrl.hostname}: ${refused.reason}.`)];
  }
  const ends = answers.flatMap((answer) =>
    answer.kind === 'answered' && answer.certificateEndsAt !== undefined ? [answer.certificateEndsAt] : [],
  );
  if (ends.length === 0) return [];
  const days = Math.floor((Math.min(...ends) - now) / dayMs);
  return [
    days < certificateDays
      ? problem(`The certificate ends in ${days} days, and ${certificateDays} are the least.`)
      : good(`The certificate covers ${publicUrl.hostname} and is good for ${days} days.`),
  ];
}

function isRefused(answer: HttpFacts): answer is Extract<HttpFacts, { kind: 'failed' }> {
  return answer.kind === 'failed' && answer.certificate;
}

function judgePath({ path, hops }: PathFacts): Finding {
  const { answer, url } = hops.at(-1)!;
  if (answer.kind === 'failed')
    return problem(`${path} gets no answer through the load balancer: ${answer.reason}.`);
  if (hops.slice(0, -1).some((hop) => hop.url === url) || hops.length > mostRedirects) {
    return problem(
      `${path} is redirected in a circle (${url}). Behind a load balancer the application sees plain HTTP: let it take the scheme from X-Forwarded-Proto.`,
    );
  }
  if (answer.status >= 500)
    return problem(`${path} is answered with ${answer.status} through the load balancer.`);
  const way =
    hops.length === 1 ? '' : `, after ${hops.length - 1} ${hops.length === 2 ? 'redirect' : 'redirects'}`;
  return good(`${path} is answered with ${answer.status} through the load balancer${way}.`);
}

/** What the application takes for scheme and address of its client. */
function judgeForwarded(
  publicUrl: URL,
  { claimed, answer }: NonNullable<EntranceFacts['forwarded']>,
): readonly Finding[] {
  if (answer.kind === 'failed' || answer.status >= 300) {
    const what = answer.kind === 'failed' ? answer.reason : `status ${answer.status}`;
    return [problem(`The path that shows the forwarded headers does not answer: ${what}.`)];
  }
  const scheme = publicUrl.protocol.replace(':', '');
  const findings: Finding[] = [];
  findings.push(
    new RegExp(`\\b${scheme}\\b`, 'i').test(answer.body)
      ? good(`The application knows that its client came by ${scheme}.`)
      : problem(
          `The application does not know that its client came by ${scheme}: it does not read X-Forwarded-Proto.`,
        ),
  );
  const addresses: readonly string[] = answer.body.match(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g) ?? [];
  if (addresses.includes(claimed)) {
    findings.push(
      note(
        'The application takes the first address of X-Forwarded-For, which any client can write. The last one is what the load balancer saw.',
      ),
    );
  } else if (addresses.some((address) => !isPrivate(address))) {
    findings.push(good('The application knows the address of its client.'));
  } else {
    findings.push(
      problem(
        `The application takes ${addresses[0] ?? 'nothing'} for the address of its client: it does not read X-Forwarded-For.`,
      ),
    );
  }
  return findings;
}

/** Addresses of networks of one's own, such as the load balancer's. */
export function isPrivate(address: string): boolean {
  const [first = 0, second = 0] = address.split('.').map(Number);
  return (
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168) ||
    (first === 100 && second >= 64 && second < 128)
  );
}

function judgeOld(oldAddress: URL, answer: HttpFacts): Finding {
  if (answer.kind === 'failed' || answer.status >= 500) {
    const what = answer.kind === 'failed' ? answer.reason : `status ${answer.status}`;
    return problem(
      `The host does not answer at its old address ${oldAddress.origin} (${what}): clients that remember it are cut off. Keep it until they are gone.`,
    );
  }
  return good(`The host still answers at its old address ${oldAddress.origin}.`);
}

/** Whether the host may go. */
function judgeEnd(
  { oldAddress, directRequests = 0, publicUrl }: CutoverCheckRequest,
  { name }: EntranceFacts,
): readonly Finding[] {
  const findings: Finding[] = [];
  const addresses = name.answer.kind === 'answer' ? addressesOf(name.answer.records) : [];
  if (oldAddress !== undefined && addresses.includes(oldAddress.hostname)) {
    findings.push(problem(`${publicUrl.hostname} still leads to the host (${oldAddress.hostname}).`));
  }
  findings.push(
    directRequests === 0
      ? good('No request has come to the host past the load balancer.')
      : problem(
          `${formatCount(directRequests)} requests have come to the host past the load balancer: its old address is still in use.`,
        ),
  );
  return findings;
}
