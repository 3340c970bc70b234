import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test, type TestContext } from 'node:test';
import tls from 'node:tls';
import { type Agent, type AgentContext, AgentError } from '../../src/agents/agent.ts';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { agentContext } from '../support/agent-context.ts';
import { waitFor } from '../support/wait-for.ts';
import type { FaultyText } from './faults/fault.ts';
import { type ServerFault, SERVER_FAULTS } from './faults/server-faults.ts';
import { expectOutcome, outcomeFor } from './expect-outcome.ts';
import { type PeerReply, pourAnswer } from './pour-answer.ts';

/** A kind of agent that asks over HTTP: how to make one, and how its peer writes an answer. */
export interface NetworkAgent {
  /** @param url of the peer, without a path */
  readonly create: (url: string) => Agent;
  /** What its requests are answered with, one after the other; the text is in the last one. */
  readonly replies: readonly PeerReply[];
}

type Behaviour = (response: ServerResponse) => void;

const RIGHT: FaultyText = { bytes: Buffer.from('right') };
const FLAT_BYTES = 150_000_000;

/**
 * One suite for every kind that asks over HTTP: the peer does each thing wrong, and each has its type and words. Where there are
 * several requests, those after the first ask about work that goes on.
 */
export function describeNetworkAgent(kind: string, { create, replies }: NetworkAgent): void {
  describe(`${kind} against a peer that fails`, () => {
    let behave: Behaviour = () => undefined;
    let requests = 0;
    let open = 0;
    let address = '';
    const server = createServer((request, response) => {
      requests += 1;
      open += 1;
      response.once('close', () => (open -= 1));
      request.resume().once('end', () => behave(response));
    });
    before(async () => {
      address = await listen(server);
    });
    after(() => close(server));
    beforeEach(() => {
      requests = 0;
    });

    const answer =
      (text: FaultyText, number = requests): Behaviour =>
      (response) =>
        pourAnswer(response, replies[Math.min(number, replies.length) - 1] ?? assert.fail(), text);

    for (const fault of SERVER_FAULTS) {
      const { name, does } = fault;
      test(name, async (t) => {
        behave = (response) => toBehaviour(does, answer)(response);
        const earlier = process.memoryUsage().rss;
        await expectOutcome(create(await urlFor(t, does, address)), outcomeFor(kind, fault));
        await waitFor('the connection to close', () => open === 0);
        assert.ok(process.memoryUsage().rss - earlier < FLAT_BYTES);
        const asked = typeof does === 'string' ? 0 : typeof does === 'function' ? 1 : replies.length;
        assert.equal(requests, asked, 'nothing but Temporal retries');
      });
      if (replies.length === 1 || typeof does !== 'function') continue;
      test(`${name}, where it is asked about its work`, async () => {
        behave = (response) =>
          requests === 2 ? does(response) : answer(RIGHT, requests === 1 ? 1 : requests - 1)(response);
        await expectOutcome(create(`http://${address}`), fault.polled ?? { answers: 'right' });
      });
    }

    const run = (changes: Partial<AgentContext>): ReturnType<Agent['run']> =>
      create(`http://${address}`).run('do it', agentContext(changes));

    test('silence: ends with the reason of the timeout, and closes the connection', async () => {
      const controller = new AbortController();
      const reason = new AgentError('AgentTimeout', 'did not answer within 1s');
      behave = () => controller.abort(reason);
      await assert.rejects(run({ signal: controller.signal }), (error) => error === reason);
      await waitFor('the connection to close', () => open === 0);
    });

    test('answer after the abort: nothing is reported any more', async () => {
      const controller = new AbortController();
      const reason = new Error('canceled');
      const told: string[] = [];
      const report = (text: string): void => void told.push(text);
      let late: ServerResponse | undefined;
      behave = (response) => {
        late = response;
        controller.abort(reason);
      };
      const ended = run({ signal: controller.signal, report, reportText: report });
      await assert.rejects(ended, (error) => error === reason);
      const earlier = told.length;
      if (late !== undefined) answer(RIGHT, 1)(late);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(told.length, earlier);
    });
  });
}

function toBehaviour(does: ServerFault['does'], answer: (text: FaultyText) => Behaviour): Behaviour {
  if (typeof does === 'function') return does;
  return typeof does === 'object' ? answer(does) : () => assert.fail('nothing is sent');
}

async function urlFor(t: TestContext, does: ServerFault['does'], address: string): Promise<string> {
  if (does === 'nobody listens') return `http://127.0.0.1:${await freePort()}`;
  if (does === 'speaks no TLS') return `https://${address}`;
  if (typeof does !== 'string') return `http://${address}`;
  const pem = readPem(does === 'untrusted' ? 'trusted' : does);
  const server = createTlsServer({ key: pem, cert: pem });
  t.after(() => close(server));
  if (does !== 'untrusted') trustAuthority(t);
  return `https://${await listen(server)}`;
}

/** As `NODE_EXTRA_CA_CERTS` does, which is read when a process starts. */
function trustAuthority(t: TestContext): void {
  const create = tls.createSecureContext;
  const ca = [...tls.rootCertificates, readPem('authority')];
  t.mock.method(tls, 'createSecureContext', (options: tls.SecureContextOptions) => create({ ...options, ca }));
}

const readPem = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../fixtures/tls/${name}.pem`), 'utf8');

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function close(server: Server): void {
  server.closeAllConnections();
  server.close();
}
