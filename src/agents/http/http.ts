import type { Agent } from '../agent.ts';
import type { SettingsOf } from '../agent-type.ts';
import { compileBody } from '../body-template.ts';
import { sortHttpFailure } from '../http-failures.ts';
import { compileTextPlaces, parseJson } from '../json-path.ts';
import { checkOutput, compileUsage, readLimit } from '../read-result.ts';
import { type Reply, requestReply } from '../request-reply.ts';
import { tooLarge } from '../too-large.ts';
import { compileHeaders, TASK_ROOTS, toTaskView } from '../task-templates.ts';
import type { httpSettings } from './http-type.ts';

export type HttpSettings = SettingsOf<typeof httpSettings>;

const FORM_FIX = "Check the agent's url and output, and that no proxy replaces its answers.";

/** Whatever answers one POST with one answer. Aborting cuts the connection. */
export function createHttpAgent(settings: HttpSettings): Agent {
  const url = new URL(settings.url);
  const toHeaders = compileHeaders(settings.headers ?? {});
  const toBody = compileBody(settings.body ?? DEFAULT_BODY, TASK_ROOTS);
  const place = settings.output === undefined ? undefined : compileTextPlaces(settings.output);
  const readUsage = compileUsage(settings);
  const key = settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` };
  return {
    async run(text, context) {
      const { signal, maxAnswerBytes, report, traceHeaders } = context;
      const view = toTaskView(text, context);
      let sentAt = performance.now();
      const reply = await requestReply({
        method: 'POST',
        url,
        headers: { ...traceHeaders, ...key, ...toHeaders(view), 'content-type': 'application/json' },
        body: toBody(view),
        signal,
        maxBytes: readLimit(maxAnswerBytes),
        onConnected: () => {
          sentAt = performance.now();
          report('the agent has the task');
        },
      });
      if (reply.truncated && isSuccess(reply)) throw tooLarge(maxAnswerBytes);
      const body = parseJson(reply.text);
      const output = isSuccess(reply) ? (place === undefined ? readWhole(reply) : place(body)) : undefined;
      if (output === undefined) throw sortHttpFailure(reply, performance.now() - sentAt, FORM_FIX);
      return { output: checkOutput(output, maxAnswerBytes), ...readUsage(body) };
    },
  };
}

const DEFAULT_BODY = {
  text: '{{ text }}',
  session_key: '{{ session_key }}',
  user_id: '{{ user_id }}',
  user_name: '{{ user_name }}',
};

function isSuccess({ status }: Reply): boolean {
  return status >= 200 && status < 300;
}

/** The whole body, unless it is a web page, which no agent answers with. */
function readWhole({ headers, text }: Reply): string | undefined {
  return text === '' || /^text\/html\b/i.test(headers['content-type'] ?? '') ? undefined : text;
}
