import { randomUUID } from 'node:crypto';
import { createCallbackAgent } from '../../src/agents/callback/callback.ts';
import { AgentError } from '../../src/agents/agent.ts';
import { readCall } from '../../src/contract/call-token.ts';
import { readCompletion } from '../../src/protocol/completion-request.ts';
import type { AdapterUnderTest } from '../conformance/agent-adapter.ts';
import { startHttpServer } from './http-server.ts';

const SECRET = 'the-secret-of-the-desk';
const CANARY = 'canary-of-the-desk';

interface Waiting {
  resolve(output: string): void;
  reject(error: Error): void;
}

/** An agent that answers later, with the ingress and Temporal, which give the answer to whoever waits for it. */
export async function startFakeDesk(): Promise<AdapterUnderTest> {
  const waiting = new Map<string, Waiting>();
  const ends: (() => unknown)[] = [];
  const t = { after: (end: () => unknown): void => void ends.push(end) };
  const ingress = await startHttpServer(t, (request, response) => {
    void (async () => {
      const claim = readCall((request.url ?? '').split('/').at(-1) ?? '', [SECRET]);
      const body: unknown = JSON.parse(await readAll(request));
      const one = claim && waiting.get(claim.workflowId);
      try {
        const answer = claim && readCompletion(body, claim.maxAnswerBytes);
        if (answer === undefined) one?.reject(new AgentError('AgentFailed', 'said that the call has failed'));
        else one?.resolve(answer.output);
      } catch {
        // The real ingress answers 413, and the call waits for a shorter answer.
        one?.reject(new AgentError('AnswerTooLarge', 'answered with too many bytes'));
      }
      response.end();
    })();
  });
  const desk = await startHttpServer(t, (request, response) => {
    void (async () => {
      const { text, completion_url: url } = JSON.parse(await readAll(request)) as {
        text: string;
        completion_url: string;
      };
      const [verb, argument = ''] = text.split(' ');
      if (verb === 'status') {
        response.writeHead(Number(argument)).end(CANARY);
        return;
      }
      response.writeHead(202).end();
      if (verb === 'hang') return;
      const large = 'ü'.repeat(Number(argument) / 2) + 'x'.repeat(Number(argument) % 2);
      const body = verb === 'error' ? { error: CANARY } : { output: verb === 'large' ? large : `echo: ${text}` };
      setTimeout(() => void fetch(url, { method: 'POST', body: JSON.stringify(body) }), 50);
    })();
  });
  const adapter = createCallbackAgent({ url: `${desk}/tasks`, completionUrl: ingress, completionSecret: [SECRET] });
  return {
    agent: {
      async run(text, context) {
        const runId = randomUUID();
        const over = new AbortController();
        const answer = new Promise<string>((resolve, reject) => waiting.set(runId, { resolve, reject }));
        const signal = AbortSignal.any([context.signal, over.signal]);
        const step = { activityId: 'agent', executionId: randomUUID() };
        const call = adapter.run(text, { ...context, runId, step, signal });
        call.catch(() => undefined);
        try {
          return { output: await Promise.race([answer, call.then(({ output }) => output)]) };
        } finally {
          over.abort(new Error('completed'));
        }
      },
    },
    easy: { text: 'easy', answer: /^echo: easy$/ },
    slow: 'hang',
    large: (bytes) => `large ${bytes}`,
    failing: ['error', 'status 400', 'status 401', 'status 429', 'status 500', 'status 302'],
    secrets: [CANARY, SECRET, desk, ingress],
    close: async () => {
      for (const end of ends) await end();
    },
  };
}

async function readAll(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
