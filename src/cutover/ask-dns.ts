/** One question to one name server, over UDP: what node:dns does not tell is the TTL of a CNAME, and who answers. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import dnsPacket, { type Answer, type DecodedPacket } from 'dns-packet';
import type { DnsServer } from '../inputs/cutover-check.ts';
import type { DnsAnswer, DnsRecord } from './facts.ts';

export type QuestionType = 'A' | 'AAAA' | 'NS';

/** UDP loses: each question is sent so often, each time with so long for its answer. */
const attempts = 3;
const attemptMs = 2000;
/** What goes through every network in one piece. https://www.dnsflagday.net/2020/ */
const udpBytes = 1232;

export interface AskOptions {
  /** Whether the server is to ask others for what it does not know. */
  readonly recurse: boolean;
  /** Uniform in [0, 1): the id of the question. */
  readonly random: () => number;
}

export type AskDns = (
  server: DnsServer,
  name: string,
  type: QuestionType,
  options: AskOptions,
) => Promise<DnsAnswer>;

export const askDns: AskDns = async (server, name, type, options) => {
  let reason = '';
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const answer = await askOnce(server, name, type, options);
    if (answer.kind === 'answer') return answer;
    reason = answer.reason;
  }
  return { kind: 'silent', reason };
};

function askOnce(
  server: DnsServer,
  name: string,
  type: QuestionType,
  { recurse, random }: AskOptions,
): Promise<DnsAnswer> {
  const id = Math.floor(random() * 65_536);
  const question = dnsPacket.encode({
    type: 'query',
    id,
    flags: recurse ? dnsPacket.RECURSION_DESIRED : 0,
    questions: [{ type, name, class: 'IN' }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: udpBytes, flags: 0, options: [] } as never],
  });
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    const where = `${server.address}:${server.port}`;
    const finish = (answer: DnsAnswer): void => {
      deadline.removeEventListener('abort', late);
      socket.close();
      resolve(answer);
    };
    const deadline = AbortSignal.timeout(attemptMs);
    const late = (): void => finish({ kind: 'silent', reason: `no answer of ${where}` });
    deadline.addEventListener('abort', late, { once: true });
    socket.once('error', (error) => finish({ kind: 'silent', reason: `${where}: ${error.message}` }));
    socket.on('message', (message) => {
      const packet = decoded(message);
      // What does not answer this question is not ours.
      const asked = packet?.questions?.[0]?.name.toLowerCase();
      if (packet === undefined || packet.id !== id || asked !== name.toLowerCase()) return;
      finish(
        packet.flag_tc
          ? { kind: 'silent', reason: `${where} has more to say than one packet holds` }
          : answerOf(packet),
      );
    });
    // Connected: only this server's packets come in, and a port where nobody listens is an error at once.
    socket.connect(server.port, server.address, () => socket.send(question));
  });
}

function decoded(message: Buffer): DecodedPacket | undefined {
  try {
    return dnsPacket.decode(message);
  } catch {
    return undefined;
  }
}

function answerOf(packet: DecodedPacket): DnsAnswer {
  return {
    kind: 'answer',
    authoritative: packet.flag_aa,
    code: (packet as unknown as { readonly rcode: string }).rcode,
    records: (packet.answers ?? []).flatMap(recordOf),
  };
}

function recordOf(answer: Answer): readonly DnsRecord[] {
  if (!('data' in answer) || typeof answer.data !== 'string') return [];
  const ttlSeconds = ('ttl' in answer ? answer.ttl : undefined) ?? 0;
  const isName = answer.type === 'CNAME' || answer.type === 'NS';
  const data = isName ? plain(answer.data) : answer.data;
  return [{ name: plain(answer.name), type: answer.type, ttlSeconds, data }];
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
