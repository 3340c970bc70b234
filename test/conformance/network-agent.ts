import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Agent, type AgentContext, AgentError } from '../../src/agents/agent.ts';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { agentContext } from '../support/agent-context.ts';
import { waitFor } from '../support/wait-for.ts';
import { CANARY, NETWORK_FAULTS } from './network-faults.ts';

/** An agent type with a network: how to make an agent, and how its peer writes an answer. */
export interface NetworkAgent {
  /** @param url of the peer, without a path */
  readonly create: (url: string) => Agent;
  /** Writes an answer with this text, which may hold any bytes. */
  readonly answer: (response: ServerResponse, text: Buffer) => void;
  /** A JSON text in the answer, as JSON has it. */
  readonly escape: (text: string) => string;
}

const MB = 1_000_000;

/** One suite for every type that has a network: the peer does each thing wrong, and each has its type and words. */
export function describeNetworkAgent(name: string, { create, answer, escape }: NetworkAgent): void {
  describe(`${name} against a peer that fails`, () => {
    let behave: (response: ServerResponse) => void = () => undefined;
    let requests = 0;
    let open = 0;
    const server = createServer((request, response) => {
      requests += 1;
      open += 1;
      response.once('close', () => (open -= 1));
      request.resume().once('end', () => behave(response));
    });
    let url = '';
    before(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    const run = (with_: typeof behave, changes: Partial<AgentContext> = {}, at = url): ReturnType<Agent['run']> => {
      behave = with_;
      requests = 0;
      return create(at).run(`do ${CANARY}`, agentContext(changes));
    };

    async function errorOf(answered: Promise<unknown>): Promise<AgentError> {
      const error = await answered.catch((reason: unknown) => reason);
      assert.ok(error instanceof AgentError, String(error));
      const all = JSON.stringify([error.message, error.stack, error.cause, Object.entries(error)]);
      for (const secret of [CANARY, '127.0.0.1']) assert.equal(all.includes(secret), false, all);
      return error;
    }

    for (const fault of NETWORK_FAULTS) {
      test(`${fault.name}: ${fault.type}`, async () => {
        const nobody = `http://127.0.0.1:${await freePort()}`;
        const at = { 'nobody listens': nobody, 'no TLS': url.replace('http:', 'https:'), none: url };
        const error = await errorOf(run(fault.behave ?? (() => undefined), {}, at[fault.address ?? 'none']));
        assert.deepEqual([error.type, error.message], [fault.type, fault.words]);
        assert.equal(error.retryAfterMs, fault.pauseSeconds && fault.pauseSeconds * 1000);
        assert.equal(error.fix?.slice(0, fault.fix?.length ?? 0) ?? '', fault.fix ?? '');
        assert.equal(requests, fault.address === undefined ? 1 : 0, 'nothing but Temporal retries');
        await waitFor('the connection to close', () => open === 0);
      });
    }

    test('empty answer: ModelAnswerUnreadable', async () => {
      const error = await errorOf(run((response) => answer(response, Buffer.from(' '))));
      assert.deepEqual([error.type, error.message], ['ModelAnswerUnreadable', 'gave an empty answer']);
    });

    test('50 MB: AnswerTooLarge, with flat memory', async () => {
      const text = Buffer.alloc(50 * MB, 'x');
      const earlier = process.memoryUsage().rss;
      const error = await errorOf(run((response) => answer(response, text)));
      assert.equal(error.type, 'AnswerTooLarge');
      await waitFor('the connection to close', () => open === 0);
      assert.ok(process.memoryUsage().rss - earlier < 200 * MB);
    });

    test('invalid UTF-8: an answer, with replacement characters', async () => {
      const { output } = await run((response) => answer(response, Buffer.from([0x61, 0xff, 0x62])));
      assert.equal(output, 'a\ufffdb');
    });

    test('half a surrogate: an answer', async () => {
      const { output } = await run((response) => answer(response, Buffer.from(escape('\ud83d'))));
      assert.equal(output.toWellFormed(), '\ufffd');
    });

    test('silence: ends with the reason of the timeout, and closes the connection', async () => {
      const controller = new AbortController();
      const reason = new AgentError('AgentTimeout', 'did not answer within 1s');
      const ended = run(() => controller.abort(reason), { signal: controller.signal });
      await assert.rejects(ended, (error) => error === reason);
      await waitFor('the connection to close', () => open === 0);
    });

    test('answer after the abort: nothing is reported any more', async () => {
      const controller = new AbortController();
      const reason = new Error('canceled');
      const told: string[] = [];
      const report = (text: string): void => void told.push(text);
      let late: ServerResponse | undefined;
      const ended = run(
        (response) => {
          late = response;
          controller.abort(reason);
        },
        { signal: controller.signal, report, reportText: report },
      );
      await assert.rejects(ended, (error) => error === reason);
      const earlier = told.length;
      if (late !== undefined) answer(late, Buffer.from('late'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(told.length, earlier);
    });
  });
}
