import { signGithub } from '../../signatures/github.ts';
import { type CliIo, colorsFor } from '../cli-io.ts';
import { shellQuote } from '../show/terminal-text.ts';
import type { DevStack } from './start-dev-stack.ts';
import { sampleTask } from './take-round-trip.ts';

const LABEL_WIDTH = 14;

/** Tells where everything is, and a line to paste that starts a first run. */
export function showReady(stack: Pick<DevStack, 'loaded' | 'config' | 'ingressUrl' | 'temporalUi'>, io: CliIo): void {
  const { config, loaded, ingressUrl, temporalUi } = stack;
  const colors = colorsFor(io.stdout, io.env);
  const agent = config.agents.find(({ name }) => name === config.defaultAgent);
  const rows: [string, string | undefined][] = [
    ['Temporal UI', temporalUi],
    ['ingress', ingressUrl],
    [
      'agent',
      agent?.spec.type === 'garudust' ? `${agent.name} at ${agent.spec.url}` : 'demo (GARUDUST_URL=… for yours)',
    ],
    ...loaded.generated.flatMap(({ client, webhookSecret, apiKey }): [string, string | undefined][] => {
      const whose = loaded.generated.length > 1 ? ` (${client})` : '';
      return [
        [`secret${whose}`, webhookSecret],
        [`API key${whose}`, apiKey],
      ];
    }),
  ];
  const lines = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [`  ${colors.dim(label.padEnd(LABEL_WIDTH))}${value}`],
  );
  const [client] = config.clients;
  const secret = client?.webhookSecret[0] ?? '';
  const body = JSON.stringify(sampleTask(client));
  const curl = [
    `curl ${ingressUrl}/webhook`,
    `-H 'Content-Type: application/json'`,
    `-H ${shellQuote(`X-Hub-Signature-256: ${signGithub(secret, body)}`)}`,
    `-d ${shellQuote(body)}`,
  ].join(' ');
  io.stdout.write(
    `\n${lines.join('\n')}\n\n  ${colors.dim('Start a run:')}\n\n${curl}\n\n  ${colors.dim('Ctrl-C stops everything.')}\n\n`,
  );
}
