import { randomUUID } from 'node:crypto';
import { callAgent } from '../../activities/agent/call-agent.ts';
import { AgentError } from '../../agents/agent.ts';
import { createAgent, fixesFor } from '../../agents/agent-types.ts';
import { FAILURES } from '../../contract/failures.ts';
import type { AgentAnswer } from '../../contract/run.ts';
import { toWireUsage } from '../../protocol/wire-usage.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { toTerminalText } from '../show/terminal-text.ts';
import { findAgent, readAgents } from './read-agents.ts';

/** One call to try out. */
export interface AgentTest {
  readonly name: string;
  readonly text: string;
  readonly json: boolean;
}

/**
 * Calls an agent of the settings once, without Temporal, and prints its answer; how long it took and what it cost goes to stderr.
 *
 * @throws CliError `usage` for settings that can't be used or an agent that is not there, `runFailed` when the agent fails
 */
export async function testAgent(
  { name, text, json }: AgentTest,
  flags: { readonly config?: string },
  io: CliIo,
): Promise<void> {
  const settings = findAgent(name, readAgents(flags, io));
  const tell = (line: string): void => void io.stderr.write(`${toTerminalText(line)}\n`);
  const nothing = (): void => undefined;
  const late = new AgentError('AgentTimeout', `did not answer within ${settings.attemptTimeout / 1000} s`);
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(late), settings.attemptTimeout);
  const startedAt = performance.now();
  const id = `test-${randomUUID().slice(0, 8)}`;
  try {
    const answer = await callAgent(
      createAgent(settings),
      text,
      {
        runId: id,
        call: 1,
        sessionKey: `default:${id}`,
        timeoutMs: settings.attemptTimeout,
        deadline: new Date(Date.now() + settings.attemptTimeout),
        maxAnswerBytes: settings.maxAnswerBytes,
        signal: AbortSignal.any([clock.signal, io.interrupted]),
        logger: { info: nothing, warn: (_, message) => tell(message), error: (_, message) => tell(message) },
        report: tell,
        reportText: nothing,
        checkpoint: () => Promise.resolve(),
      },
      nothing,
    );
    const ms = Math.round(performance.now() - startedAt);
    io.stdout.write(json ? `${toJson(answer, ms)}\n` : `${toTerminalText(answer.output, { keepLines: true })}\n`);
    if (!json) tell(inOneLine(answer, ms));
  } catch (error) {
    if (io.interrupted.aborted) throw new CliError('interrupted', 'Interrupted: the call was ended.');
    if (!(error instanceof AgentError)) {
      throw new CliError('runFailed', `Agent "${name}" failed with an unknown error.`, { cause: error });
    }
    const { type, message, fix } = error;
    const fixes = fixesFor(settings.type, (key) => settings.settingNames[key] ?? key);
    throw new CliError('runFailed', `Agent "${name}" ${message}: ${type}. ${fix ?? fixes[type] ?? FAILURES[type].fix}`);
  } finally {
    clearTimeout(timer);
  }
}

function inOneLine({ usage = {}, agentSession }: AgentAnswer, ms: number): string {
  const { inputTokens, outputTokens, costUsd, calls } = usage;
  return [
    `answered in ${(ms / 1000).toFixed(1)} s`,
    inputTokens !== undefined && `${inputTokens} tokens in`,
    outputTokens !== undefined && `${outputTokens} tokens out`,
    calls !== undefined && `${calls} call${calls === 1 ? '' : 's'} of the model`,
    costUsd !== undefined && `${costUsd} USD`,
    agentSession !== undefined && `session ${agentSession}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function toJson({ output, data, usage, agentSession }: AgentAnswer, ms: number): string {
  const shown = { output, data, usage: usage && toWireUsage(usage), agent_session: agentSession, duration_ms: ms };
  return JSON.stringify(shown, null, 2);
}
