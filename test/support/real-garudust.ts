import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { ModelScript } from './fake-garudust/model-script.ts';
import type { FakeGarudust, FakeGarudustOptions } from './fake-garudust/fake-garudust.ts';
import { startStandInLlm } from './stand-in-llm.ts';

/** A real Garudust with a scripted model, as far as the conformance suite needs it. */
export type RealGarudust = Omit<FakeGarudust, 'cut'>;

const TOOLSETS = 'web, files, terminal, memory, skills, agent, browser, git, notes, json, mcp, rag, cron';

/**
 * Starts a built `garudust-server` (0.13.8) in a home of its own, which is removed after.
 *
 * @param binary its path.
 */
export async function startRealGarudust(binary: string, options: FakeGarudustOptions = {}): Promise<RealGarudust> {
  const model = new ModelScript();
  const llm = await startStandInLlm(model);
  const [port, hookPort] = [options.port ?? (await freePort()), await freePort()];
  const home = await mkdtemp(join(tmpdir(), 'garudust-'));
  await mkdir(join(home, '.garudust'));
  await writeFile(join(home, '.garudust', 'config.yaml'), toConfig(options, llm.baseUrl, hookPort));
  const child = spawn(binary, [], {
    cwd: home,
    stdio: 'ignore',
    env: {
      HOME: home,
      GARUDUST_HOST: '127.0.0.1',
      GARUDUST_PORT: String(port),
      GARUDUST_API_KEY: 'k',
      GARUDUST_APPROVAL_MODE: 'deny',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await whenHealthy(url);
  return {
    url,
    port,
    apiKey: 'k',
    webhookUrl: `http://127.0.0.1:${hookPort}/webhook`,
    hmacSecret: secretOf(options),
    model,
    close: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await llm.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function secretOf(options: FakeGarudustOptions): string | undefined {
  return 'hmacSecret' in options ? options.hmacSecret : 's';
}

function toConfig(options: FakeGarudustOptions, baseUrl: string, hookPort: number): string {
  const secret = secretOf(options) ?? '';
  return [
    'model: stub',
    'provider: vllm',
    `base_url: ${baseUrl}`,
    `max_iterations: ${options.maxIterations ?? 4_294_967_295}`,
    ...(options.maxTokensPerTask === undefined ? [] : [`max_tokens_per_task: ${options.maxTokensPerTask}`]),
    ...(options.maxConcurrentRequests === undefined
      ? []
      : [`max_concurrent_requests: ${options.maxConcurrentRequests}`]),
    'llm_max_retries: 0',
    `llm_timeout_secs: ${Math.round((options.llmTimeoutMs ?? 5000) / 1000)}`,
    'shutdown_timeout_secs: 2',
    'auto_skill_threshold: 0',
    'nudge_interval: 0',
    `disabled_toolsets: [${TOOLSETS}]`,
    `platforms: {webhook: {enabled: true, port: ${hookPort}, webhook_path: /webhook${secret && `, hmac_secret: ${secret}`}}}`,
    '',
  ].join('\n');
}

async function whenHealthy(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const healthy = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await sleep(50);
  }
  throw new Error('the real Garudust did not become healthy within 10 s');
}
