import { createSocket } from 'node:dgram';
import type { TestContext } from 'node:test';
import { type Answer, decode, encode, type StringAnswer } from 'dns-packet';

/** What a name has: addresses of either family, a name that it stands for, or no answer at all. */
export type Zone = readonly string[] | { readonly cname: string; readonly addresses: readonly string[] } | 'silent';

export interface TestDns {
  /** `address:port`, for a resolver. */
  readonly server: string;
  /** Every question so far, as `A a.example.com`. */
  readonly asked: string[];
}

/**
 * A name server on loopback for one test.
 *
 * @param answer what a name has when it is asked for the nth time, from 0; undefined: the name does not exist
 */
export async function startDns(
  t: Pick<TestContext, 'after'>,
  answer: (name: string, nth: number) => Zone | undefined,
): Promise<TestDns> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (message, from) => {
    const query = decode(message);
    const [question] = query.questions ?? [];
    if (question === undefined) return;
    const { name, type } = question;
    const nth = asked.filter((line) => line === `${type} ${name}`).length;
    asked.push(`${type} ${name}`);
    const zone = answer(name, nth);
    if (zone === 'silent') return;
    const reply = encode({
      id: query.id ?? 0,
      type: 'response',
      // Response code 3: no such name (RFC 1035 4.1.1).
      flags: zone === undefined ? 3 : 0,
      questions: [question],
      answers: zone === undefined ? [] : toAnswers(name, type, zone),
    });
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.after(() => socket.close());
  return { server: `127.0.0.1:${socket.address().port}`, asked };
}

function toAnswers(name: string, type: string, zone: Exclude<Zone, 'silent'>): Answer[] {
  const [owner, addresses, alias] = 'cname' in zone ? [zone.cname, zone.addresses, [zone.cname]] : [name, zone, []];
  const cnames = alias.map((data): StringAnswer => ({ type: 'CNAME', name, data, ttl: 0 }));
  const wanted = addresses.filter((address) => (type === 'AAAA') === address.includes(':'));
  return [
    ...cnames,
    ...wanted.map((data): StringAnswer => ({ type: type === 'AAAA' ? 'AAAA' : 'A', name: owner, data, ttl: 0 })),
  ];
}
