import { ask, createGarudustClient } from './client.ts';

const [url = '', secret = '', apiKey = ''] = process.argv.slice(2);
const client = createGarudustClient(url, secret, apiKey);

const asked = await ask(client, 'hello', 'use-client-1');

const { data: trusted } = await client.POST('/v1/runs', {
  body: { text: 'hello' },
  params: { header: { Prefer: 'wait=30' } },
});

let listed: string[] = [];
// A list lags by some tenths of a second.
for (let tries = 0; tries < 100 && listed[0] !== 'completed'; tries += 1) {
  const { data } = await client.GET('/v1/runs', { params: { query: { limit: 5, status: 'completed' } } });
  listed = (data?.runs ?? []).filter(({ id }) => id === asked.id).map(({ status }) => status);
  await new Promise((resolve) => setTimeout(resolve, 600));
}

const { data: slow, error } = await client.POST('/webhook', { body: { text: 'demo: sleep 60s' } });
if (error) throw new Error(error.detail);
const params = { path: { id: slow.id } };
await client.POST('/v1/runs/{id}/cancel', { params });
const { data: canceled } = await client.GET('/v1/runs/{id}', { params: { ...params, query: { wait: 60 } } });
const { data: events } = await client.GET('/v1/runs/{id}/events', { params, parseAs: 'text' });
const unknown = { path: { id: `run-${'a'.repeat(26)}` } };
const { error: refused } = await client.GET('/v1/runs/{id}', { params: unknown });

process.stdout.write(
  JSON.stringify({
    asked,
    trusted: trusted?.status,
    listed,
    canceled: canceled?.status,
    events,
    refused: refused?.code,
  }),
);
