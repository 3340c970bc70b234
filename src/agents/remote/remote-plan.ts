import { compileBody } from '../body-template.ts';
import { compilePlace, compileTextPlaces } from '../json-path.ts';
import { compileUsage } from '../read-result.ts';
import { type Reply, requestReply } from '../request-reply.ts';
import { compileHeaders, compileUrl, type TaskView, toTaskView } from '../task-templates.ts';
import { REMOTE_PRESETS, type RemotePreset } from './remote-presets.ts';
import { REMOTE_ROOTS, type RemoteRequest, type RemoteSettings } from './remote-settings.ts';

/** What names the work on the remote side. */
export type Handle = Readonly<Record<string, string>>;

/** What the templates of requests read. */
export interface RemoteView extends TaskView {
  readonly call_key: string;
  readonly remote_agent: string | undefined;
  readonly handle?: Handle;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  readonly traceHeaders?: Readonly<Record<string, string>> | undefined;
  maxBytes(status: number): number;
  onConnected?(): void;
}

/** Sends one of the requests. @throws what `requestReply` throws */
export type Send = (view: RemoteView, options: SendOptions) => Promise<Reply>;

/** A preset and an agent's own settings, compiled. */
export type RemotePlan = ReturnType<typeof compilePlan>;

const NEEDED = ['start', 'handle', 'poll', 'status', 'statuses', 'output'] as const;

/** @throws TypeError when a setting is missing that the preset does not have either */
export function compilePlan(settings: RemoteSettings) {
  const preset: Partial<RemotePreset> = settings.preset === undefined ? {} : REMOTE_PRESETS[settings.preset];
  const all = { ...preset, ...settings };
  const { start, handle, poll, status, statuses, output } = all;
  if (!start || !handle || !poll || !status || !statuses || !output) {
    const missing = NEEDED.filter((name) => all[name] === undefined).join(', ');
    throw new TypeError(
      `A remote agent without a preset needs ${NEEDED.join(', ')}: add ${missing}, or name a preset.`,
    );
  }
  const own = compileHeaders(settings.headers ?? {});
  const key = settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` };
  const compileSend = (request: RemoteRequest): Send => {
    const toUrl = compileUrl(`${settings.url}${request.path || '/'}`, REMOTE_ROOTS);
    const toHeaders = compileHeaders(request.headers, REMOTE_ROOTS);
    const toBody = request.body && compileBody(request.body, REMOTE_ROOTS);
    const type = toBody && { 'content-type': 'application/json' };
    return (view, { traceHeaders, ...options }) =>
      requestReply({
        ...options,
        method: request.method,
        url: toUrl(view),
        headers: { ...traceHeaders, ...key, ...own(view), ...toHeaders(view), ...type },
        body: toBody?.(view),
      });
  };
  const places = Object.entries(handle).map(([name, path]) => [name, compilePlace(path)] as const);
  const statusPlace = compilePlace(status);
  return {
    start: compileSend(start),
    poll: compileSend(poll),
    cancel: all.cancel && compileSend(all.cancel),
    result: all.result && compileSend(all.result),
    /** Undefined where a part of it is missing. */
    readHandle(body: unknown): Handle | undefined {
      const found = places.map(([name, place]) => [name, place.text(body) ?? ''] as const);
      return found.every(([, text]) => text !== '') ? Object.fromEntries(found) : undefined;
    },
    readAnswered: compileTextPlaces(all.answered ?? []),
    readOutcome(body: unknown) {
      const word = statusPlace.text(body);
      if (word === undefined) return undefined;
      return Object.hasOwn(statuses, word) ? statuses[word] : 'working';
    },
    isWaiting: compileIsThere(preset.waits),
    isGone: compileIsThere(preset.gone),
    readOutput: compileTextPlaces(output),
    readUsage: compileUsage(all),
    idempotent: all.idempotent ?? false,
    pollIntervalMs: settings.pollInterval,
    toView: (text: string, context: Parameters<typeof toTaskView>[1], callKey: string): RemoteView => ({
      ...toTaskView(text, context),
      call_key: callKey,
      remote_agent: settings.remoteAgent,
    }),
  };
}

function compileIsThere(path: string | undefined): (body: unknown) => boolean {
  const place = path === undefined ? undefined : compilePlace(path);
  return (body) => body !== undefined && place?.text(body) !== undefined;
}
