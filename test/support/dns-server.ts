/** A name server on the loopback that answers from a table, as a server of the zone or from memory. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import dnsPacket, { type Answer } from 'dns-packet';

export interface Zone {
  /** Answers as a server of the zone does; otherwise as one that remembers. */
  readonly authoritative: boolean;
  /** Records by their name; CNAMEs are followed within them. */
  readonly records: readonly {
    name: string;
    type: 'A' | 'AAAA' | 'CNAME' | 'NS';
    ttl: number;
    data: string;
  }[];
}

export interface DnsTestServer {
  readonly port: number;
  /** Questions so far, as `A api.example.test`. */
  readonly asked: readonly string[];
  /** From now on it answers from these. */
  serve(zone: Zone): void;
  close(): Promise<void>;
}

export async function startDnsServer(first: Zone, address = '127.0.0.1'): Promise<DnsTestServer> {
  let zone = first;
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const query = dnsPacket.decode(message);
    const question = query.questions![0]!;
    const wanted = question.name.toLowerCase();
    asked.push(`${question.type} ${wanted}`);
    const answers: Answer[] = [];
    let at = wanted;
    for (;;) {
      const own = zone.records.filter((each) => each.name === at);
      answers.push(...(own.filter((each) => each.type === question.type) as Answer[]));
      const alias = own.find((each) => each.type === 'CNAME');
      if (alias === undefined || question.type === 'CNAME') break;
      answers.push(alias as Answer);
      at = alias.data;
    }
    const known = zone.records.some((each) => each.name === wanted || each.name.endsWith(`.${wanted}`));
    const flags =
      (zone.authoritative ? dnsPacket.AUTHORITATIVE_ANSWER : dnsPacket.RECURSION_AVAILABLE) | (known ? 0 : 3);
    socket.send(
      dnsPacket.encode({ type: 'response', id: query.id ?? 0, flags, questions: [question], answers }),
      from.port,
      from.address,
    );
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    asked,
    serve: (next) => {
      zone = next;
    },
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}
