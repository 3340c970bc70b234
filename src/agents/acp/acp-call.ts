import {
  type ClientConnection,
  methods,
  PROTOCOL_VERSION,
  RequestError,
  type SessionUpdate,
} from '@agentclientprotocol/sdk';
import type { AgentAnswer, Usage } from '../../contract/run.ts';
import { type AgentContext, AgentError } from '../agent.ts';
import { countOf, recordOf } from '../child/read-fields.ts';
import type { KeptSession, WorkFolder } from '../child/work-folders.ts';
import { tooLarge } from '../too-large.ts';
import { type AcpStep, sortRequestError, sortStopReason } from './acp-failures.ts';

/** One task of one session, from `initialize` to the end of the turn. */
export class AcpCall {
  readonly #context: AgentContext;
  readonly #folder: WorkFolder;
  #step: AcpStep = 'initialize';
  #session: string | undefined;
  #output = '';
  #outputBytes = 0;
  /** What the session cost so far, in dollars. */
  #costUsd: number | undefined;
  #onTooLarge: (error: AgentError) => void = () => undefined;

  constructor(context: AgentContext, folder: WorkFolder) {
    this.#context = context;
    this.#folder = folder;
  }

  /**
   * Asks the agent.
   *
   * @throws AgentError; the error of a connection that ended
   */
  async ask(connection: ClientConnection, text: string): Promise<AgentAnswer> {
    const isTooLarge = new Promise<never>((_resolve, reject) => {
      this.#onTooLarge = reject;
    });
    try {
      return await Promise.race([this.#ask(connection, text), isTooLarge]);
    } catch (error) {
      if (error instanceof RequestError) throw sortRequestError(error, this.#step);
      throw error;
    }
  }

  /** Tells the agent that its turn is not wanted any more. */
  async cancel({ agent }: ClientConnection): Promise<void> {
    if (this.#session !== undefined) await agent.notify(methods.agent.session.cancel, { sessionId: this.#session });
  }

  onUpdate(sessionId: string, update: SessionUpdate): void {
    // A session that is loaded tells its earlier turns first.
    if (this.#step !== 'prompt' || sessionId !== this.#session) return;
    const { report, reportText, maxAnswerBytes } = this.#context;
    if (update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text') {
      const { text } = update.content;
      this.#outputBytes += Buffer.byteLength(text);
      if (this.#outputBytes > maxAnswerBytes) {
        this.#onTooLarge(tooLarge(maxAnswerBytes));
        return;
      }
      this.#output += text;
      reportText(text);
    } else if (update.sessionUpdate === 'tool_call') {
      // What it said before is no part of the answer.
      [this.#output, this.#outputBytes] = ['', 0];
      report(`uses a tool (${/^[a-z_]{1,20}$/.exec(update.kind ?? 'other')?.[0] ?? 'other'})`);
    } else if (update.sessionUpdate === 'usage_update' && update.cost?.currency === 'USD') {
      this.#costUsd = update.cost.amount;
    }
  }

  async #ask({ agent }: ClientConnection, text: string): Promise<AgentAnswer> {
    const { agentCapabilities, protocolVersion } = await agent.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: {},
      clientInfo: { name: 'garudust-temporal', version: '1' },
    });
    if (protocolVersion !== PROTOCOL_VERSION) {
      throw new AgentError('AgentMisconfigured', 'does not speak version 1 of the Agent Client Protocol');
    }
    this.#step = 'session';
    const { cwd, session: kept } = this.#folder;
    const canLoad = agentCapabilities?.loadSession === true;
    const before = kept !== undefined && canLoad && (await this.#load(agent, kept)) ? kept : undefined;
    const sessionId = before?.id ?? (await agent.request(methods.agent.session.new, { cwd, mcpServers: [] })).sessionId;
    this.#session = sessionId;
    this.#step = 'prompt';
    this.#context.report('the agent has the task');
    const response = await agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'text', text }] });
    const failure = sortStopReason(response.stopReason);
    if (failure !== undefined) throw failure;
    if (this.#output.trim() === '') throw new AgentError('ModelAnswerUnreadable', 'ended its turn without an answer');
    this.#folder.keep({ id: sessionId, ...(this.#costUsd !== undefined && { totals: { costUsd: this.#costUsd } }) });
    return { output: this.#output, usage: this.#usage(recordOf(response)['usage'], before), agentSession: sessionId };
  }

  /** @returns whether the agent still has the session */
  async #load(agent: ClientConnection['agent'], { id }: KeptSession): Promise<boolean> {
    try {
      await agent.request(methods.agent.session.load, { sessionId: id, cwd: this.#folder.cwd, mcpServers: [] });
      return true;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return false;
    }
  }

  #usage(told: unknown, before: KeptSession | undefined): Usage {
    const usage = recordOf(told);
    // The protocol tells what the session cost so far.
    const cost = this.#costUsd === undefined ? undefined : this.#costUsd - (before?.totals?.['costUsd'] ?? 0);
    const cachedInputTokens = countOf(usage['cachedReadTokens']);
    return {
      ...(told !== undefined &&
        told !== null && {
          inputTokens: countOf(usage['inputTokens']),
          outputTokens: countOf(usage['outputTokens']),
          ...(cachedInputTokens > 0 && { cachedInputTokens }),
        }),
      ...(cost !== undefined && cost >= 0 && { costUsd: cost }),
    };
  }
}
