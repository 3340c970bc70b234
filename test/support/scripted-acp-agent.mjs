/** An agent of the Agent Client Protocol that does what its task says: `node scripted-acp-agent.mjs FOLDER`. It keeps its sessions in the folder. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { agent, methods, ndJsonStream, RequestError } from '@agentclientprotocol/sdk';

const CANARY = 'canary-of-the-program';
const [folder = '.', mode = ''] = process.argv.slice(2);
const never = new Promise(() => undefined);
const fileOf = (sessionId) => join(folder, `${sessionId}.session`);
let cancel = () => undefined;

process.stderr.write(`${CANARY}: working on it\n`);
if (mode === 'chatty') process.stdout.write(`${CANARY} hello\n{"${CANARY}":1}\n{"id":"${CANARY}","result":1}\n`);

async function prompt({
  params: {
    sessionId,
    prompt: [{ text }],
  },
  client,
}) {
  const say = (chunk) =>
    client.notify(methods.client.session.update, {
      sessionId,
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: chunk } },
    });
  const stop = (stopReason = 'end_turn') => ({
    stopReason,
    usage: { inputTokens: 30, outputTokens: 7, totalTokens: 37 },
  });
  const [verb, argument] = text.split(' ');
  appendFileSync(fileOf(sessionId), `${text}\n`);
  const turns = readFileSync(fileOf(sessionId), 'utf8').trimEnd().split('\n').length;
  if (mode === 'raw') {
    // The bytes of a file as the text of a message, whatever they are.
    const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: '@' } };
    const message = JSON.stringify({
      jsonrpc: '2.0',
      method: methods.client.session.update,
      params: { sessionId, update },
    });
    const [head, tail] = message.split('@');
    process.stdout.write(
      Buffer.concat([Buffer.from(head), readFileSync(join(folder, 'answer')), Buffer.from(`${tail}\n`)]),
    );
    return stop();
  }
  switch (verb) {
    case 'large':
      await say('ü'.repeat(Number(argument) / 2) + 'x'.repeat(Number(argument) % 2));
      return stop();
    case 'endless':
      for (;;) await say(`${CANARY} `.repeat(1000));
    case 'line':
      process.stdout.write('x'.repeat(Number(argument)));
      return never;
    case 'stop':
      return stop(argument);
    case 'error':
      throw new RequestError(Number(argument), CANARY, { detail: CANARY });
    case 'exit':
      process.exit(Number(argument));
    case 'hang':
      return await Promise.race([never, new Promise((resolve) => (cancel = () => resolve(stop('cancelled'))))]);
    case 'deaf':
      process.on('SIGTERM', () => undefined);
      writeFileSync(argument, String(process.pid));
      return never;
    case 'tool': {
      await say('I will use a tool.');
      const toolCall = { toolCallId: 't1', title: CANARY, kind: 'execute', status: 'pending' };
      await client.notify(methods.client.session.update, {
        sessionId,
        update: { sessionUpdate: 'tool_call', ...toolCall },
      });
      const options = ['reject_always', 'allow_always', 'allow_once', 'reject_once'];
      const { outcome } = await client.request(methods.client.session.requestPermission, {
        sessionId,
        toolCall,
        options: options.map((kind) => ({ optionId: kind, name: kind, kind })),
      });
      await say(outcome.optionId ?? outcome.outcome);
      return stop();
    }
    default:
      await client.notify(methods.client.session.update, {
        sessionId,
        update: { sessionUpdate: 'usage_update', used: 1, size: 2, cost: { amount: turns * 0.25, currency: 'USD' } },
      });
      for (const part of `echo: ${text} (turn ${turns})`.split(/(?<= )/)) await say(part);
      return stop();
  }
}

agent({ name: 'scripted' })
  .onRequest(methods.agent.initialize, () => ({
    protocolVersion: mode === 'old' ? 0 : 1,
    agentCapabilities: { loadSession: mode !== 'forgetful' },
  }))
  .onRequest(methods.agent.session.new, () => {
    if (mode === 'locked') throw RequestError.authRequired();
    const sessionId = `session-${process.pid}-${Date.now()}`;
    writeFileSync(fileOf(sessionId), '');
    return { sessionId };
  })
  .onRequest(methods.agent.session.load, async ({ params: { sessionId }, client }) => {
    if (!existsSync(fileOf(sessionId))) throw RequestError.invalidParams();
    const content = { type: 'text', text: 'an old answer' };
    await client.notify(methods.client.session.update, {
      sessionId,
      update: { sessionUpdate: 'agent_message_chunk', content },
    });
    return {};
  })
  .onRequest(methods.agent.session.prompt, prompt)
  .onNotification(methods.agent.session.cancel, () => cancel())
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
