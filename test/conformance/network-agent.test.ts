import { createHttpAgent } from '../../src/agents/http/http.ts';
import { createModelAgent } from '../../src/agents/model/model.ts';
import { createRemoteAgent } from '../../src/agents/remote/remote.ts';
import { describeNetworkAgent } from './network-agent.ts';

/** The inside of a JSON text. */
const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

describeNetworkAgent('model', {
  create: (url) =>
    createModelAgent({ provider: 'openai-compatible', url: `${url}/v1`, model: 'm', apiKey: 'k', maxSteps: 20 }),
  answer(response, text) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const end = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    const step = 64 * 1024;
    const pour = (from: number): void => {
      if (response.destroyed) return;
      if (from >= text.length) return void response.end(end);
      response.write('data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"');
      response.write(text.subarray(from, from + step));
      response.write('"}}]}\n\n', () => pour(from + step));
    };
    pour(0);
  },
  escape: inJson,
});

describeNetworkAgent('http', {
  create: (url) => createHttpAgent({ url: `${url}/ask`, apiKey: 'k', output: ['$.output'] }),
  answer(response, text) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(Buffer.concat([Buffer.from('{"output": "'), text, Buffer.from('"}')]));
  },
  escape: inJson,
});

// Its start; what polls meet is in the tests of the adapter.
describeNetworkAgent('remote', {
  create: (url) => createRemoteAgent({ preset: 'a2a', url, apiKey: 'k', pollInterval: 50 }),
  answer(response, text) {
    response.writeHead(200, { 'content-type': 'application/json' });
    const parts = ['{"result": {"message": {"parts": [{"text": "', text, '"}]}}}'];
    response.end(Buffer.concat(parts.map((part) => Buffer.from(part))));
  },
  escape: inJson,
});
