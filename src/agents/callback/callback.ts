import { createHmac } from 'node:crypto';
import { signCall } from '../../contract/call-token.ts';
import { aborted } from '../../timing/until.ts';
import { type Agent, type AgentContext, AgentError } from '../agent.ts';
import { sortHttpFailure } from '../http-failures.ts';
import { requestReply } from '../request-reply.ts';

export interface CallbackAgentSettings {
  readonly url: string;
  readonly preset?: 'garudust';
  readonly completionUrl: string;
  readonly completionSecret: readonly string[];
  readonly hmacSecret?: string;
}

const MAX_REPLY_BYTES = 4096;
const FORM_FIX = 'Check its url: a POST there must be answered with a 2xx.';

/**
 * Hands a task over by POST, and waits until its activity is over: the ingress completes the activity, not this call, so that neither
 * needs the other. A call that is resumed is not handed over again.
 */
export function createCallbackAgent(settings: CallbackAgentSettings): Agent {
  const url = new URL(settings.url);
  const base = settings.completionUrl.replace(/\/+$/, '');
  const [secret = ''] = settings.completionSecret;
  return {
    isToldByPost: true,
    async run(text, context) {
      const { signal, resumed, report, checkpoint } = context;
      signal.throwIfAborted();
      if (resumed === undefined) {
        const completionUrl = `${base}/calls/${signCall(toClaim(context), secret)}`;
        await handOver(url, toBody(text, context, completionUrl, settings.preset), settings.hmacSecret, context);
        await checkpoint({ handedOver: true });
      }
      report('has the task, and answers later');
      await aborted(signal);
      throw signal.reason;
    },
  };
}

function toClaim({ runId, step, call, maxAnswerBytes, deadline }: AgentContext) {
  if (step === undefined) {
    const fix = 'Give the agent tasks in runs or workflows.';
    throw new AgentError('AgentMisconfigured', 'cannot be asked outside of a workflow', { fix });
  }
  return { workflowId: runId, ...step, call, maxAnswerBytes, expiresAt: deadline.getTime() };
}

function toBody(text: string, context: AgentContext, completionUrl: string, preset: 'garudust' | undefined): string {
  const { runId, call, sessionKey, userId, userName, metadata, deadline } = context;
  const common = {
    text,
    session_key: sessionKey,
    ...(userId !== undefined && { user_id: userId }),
    ...(userName !== undefined && { user_name: userName }),
  };
  if (preset === 'garudust') return JSON.stringify({ ...common, callback_url: completionUrl });
  return JSON.stringify({
    ...common,
    ...(metadata !== undefined && { metadata }),
    ...{ run_id: runId, call, completion_url: completionUrl, progress_url: `${completionUrl}/progress` },
    expires_at: deadline.toISOString(),
  });
}

async function handOver(url: URL, body: string, secret: string | undefined, context: AgentContext): Promise<void> {
  const { runId, step, call, signal, traceHeaders } = context;
  const signature = secret === undefined ? undefined : createHmac('sha256', secret).update(body).digest('hex');
  let sentAt = performance.now();
  const reply = await requestReply({
    method: 'POST',
    url,
    headers: {
      ...traceHeaders,
      'content-type': 'application/json',
      'idempotency-key': `${runId}/${step?.activityId ?? ''}/${call}`,
      ...(signature !== undefined && { 'x-hub-signature-256': `sha256=${signature}` }),
    },
    body,
    signal,
    maxBytes: () => MAX_REPLY_BYTES,
    onConnected: () => (sentAt = performance.now()),
  });
  if (reply.status < 200 || reply.status > 299) throw sortHttpFailure(reply, performance.now() - sentAt, FORM_FIX);
}
