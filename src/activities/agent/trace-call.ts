import type { AgentContext } from '../../agents/agent.ts';
import type { AgentAnswer } from '../../contract/run.ts';
import type { Tracing } from '../../telemetry/tracing.ts';

/** An agent that is about to be called. */
export interface TracedCall {
  readonly agent: string;
  /** The agent's type. */
  readonly provider: string;
  readonly runId: string;
}

/**
 * Calls an agent in a span that has the names of OpenTelemetry's conventions for GenAI, without what was asked and answered.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/, "Invoke agent client span".
 *
 * @param call gets what the agent's context has beside the rest
 */
export function traceCall(
  tracing: Tracing,
  { agent, provider, runId }: TracedCall,
  call: (context: Pick<AgentContext, 'traceHeaders'>) => Promise<AgentAnswer>,
): Promise<AgentAnswer> {
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': provider,
    'gen_ai.agent.name': agent,
    'garudust.run_id': runId,
  };
  return tracing.span({ name: `invoke_agent ${agent}`, kind: 'client', attributes }, async (span) => {
    const answer = await call(span.traceId === undefined ? {} : { traceHeaders: span.headers });
    const { inputTokens, outputTokens } = answer.usage ?? {};
    span.set({
      ...(inputTokens !== undefined && { 'gen_ai.usage.input_tokens': inputTokens }),
      ...(outputTokens !== undefined && { 'gen_ai.usage.output_tokens': outputTokens }),
    });
    return answer;
  });
}
