import { createHmac } from 'node:crypto';
import { constantTimeEqual } from '../signatures/scheme.ts';
import { compileUrlPatterns, type MatchUrl } from '../signatures/url-pattern.ts';
import { RuleError } from '../templates/rule-error.ts';
import { type EventView, fullScope } from './event-view.ts';
import { type FieldPath, parseFieldPath, readField } from './field-path.ts';
import { compileFilter, type Filter } from './filter.ts';
import type { IncomingEvent, Outcome } from './preset.ts';

/** What a sender asks before or beside its events. Plain data: one row each in a preset, or the block of a source. */
export interface HandshakeRule {
  readonly kind: HandshakeKind;
  /** Conditions on the event, as in a filter. */
  readonly when?: Readonly<Record<string, unknown>>;
  /** Query parameter whose value is repeated. */
  readonly query?: string;
  /** Query parameter that must be the token of the source. */
  readonly tokenQuery?: string;
  /** Header whose value is repeated in the answer. */
  readonly header?: string;
  /** Path to a value of the event, or name of the field of a form. */
  readonly field?: string;
  /** Name of the value in the answer. */
  readonly answerField?: string;
  /** Name of the HMAC-SHA256 of the value in the answer, in hex, by the first secret. */
  readonly hmacField?: string;
  /** Which URLs may be asked for: see `compileUrlPatterns`. */
  readonly urls?: readonly string[];
  /** Why an event starts nothing. */
  readonly reason?: string;
}

/** When a handshake is looked for: at a `GET`, before the delivery is verified, or when it is. */
type Stage = 'get' | 'unverified' | 'verified';

interface Kind {
  readonly stages: readonly Stage[];
  /** What a rule must name. */
  readonly needs: readonly (keyof HandshakeRule)[];
  /** For the settings page. */
  readonly does: string;
  answer(handshake: CompiledHandshake, asked: Asked): Outcome | undefined;
}

interface Asked {
  readonly raw: IncomingEvent;
  /** Of a verified delivery. */
  readonly view?: EventView;
  readonly secrets: readonly string[];
}

/** A value that is repeated is short. */
const MAX_ECHO = 1024;

/** Every kind: one row each. None of them starts a run. */
export const HANDSHAKE_KINDS = {
  echo_query: {
    stages: ['get', 'unverified'],
    needs: ['query'],
    does: 'repeats a query parameter as text, if the token fits',
    answer({ rule, token }, { raw: { query } }) {
      const value = query.get(rule.query ?? '');
      const given = rule.tokenQuery === undefined ? undefined : (query.get(rule.tokenQuery) ?? '');
      if (value === null && !given) return undefined;
      if (given !== undefined && (token === undefined || !constantTimeEqual(given, token))) return { kind: 'refused' };
      return value === null || value.length > MAX_ECHO ? { kind: 'refused' } : { kind: 'answer', body: value };
    },
  },
  echo_header: {
    stages: ['unverified'],
    needs: ['header'],
    does: 'repeats a header, and keeps it for the operator as the secret of this source',
    answer({ rule: { header = '' } }, { raw: { headers } }) {
      const [value, ...more] = headers[header.toLowerCase()] ?? [];
      if (value === undefined || more.length > 0) return undefined;
      if (!/^[\x21-\x7e]{1,1024}$/.test(value)) return { kind: 'refused' };
      return { kind: 'answer', body: '', headers: { [header]: value }, secret: value };
    },
  },
  echo_field: {
    stages: ['verified'],
    needs: ['field', 'answerField'],
    does: 'answers with a field of the event, and with its HMAC where `hmac_field` names one',
    answer({ rule: { answerField = '', hmacField }, field }, { view = {}, secrets: [secret = ''] }) {
      const value = field && readField(field, view);
      if (typeof value !== 'string' || value.length > MAX_ECHO) return undefined;
      const hmac = hmacField && createHmac('sha256', secret).update(value).digest('hex');
      return { kind: 'answer', body: { [answerField]: value, ...(hmacField && { [hmacField]: hmac ?? '' }) } };
    },
  },
  confirm_url: {
    stages: ['verified'],
    needs: ['field', 'urls'],
    does: 'asks for the URL in a field of the event, if it is one of `urls`, and answers with 200 when its host agrees',
    answer({ field, isPermitted }, { view = {} }) {
      const url = field && readField(field, view);
      if (typeof url !== 'string') return undefined;
      return isPermitted?.(url) === true ? { kind: 'answer', body: '', confirm: url } : { kind: 'refused' };
    },
  },
  reachable: {
    stages: ['get'],
    needs: [],
    does: 'answers `GET` and `HEAD` with 200',
    answer: () => ({ kind: 'answer', body: '' }),
  },
  unsigned_ping: {
    stages: ['unverified'],
    needs: ['field'],
    does: 'accepts an unsigned form that has one field, of this name, and nothing else',
    answer({ rule: { field } }, { raw: { headers, body } }) {
      if (body.length > MAX_ECHO || !/^application\/x-www-form-urlencoded\b/i.test(headers['content-type']?.[0] ?? ''))
        return undefined;
      const names = [...new URLSearchParams(body.toString('utf8')).keys()];
      return names.length === 1 && names[0] === field ? { kind: 'answer', body: '' } : undefined;
    },
  },
  show_secret: {
    stages: ['unverified'],
    needs: ['field'],
    does: 'accepts an unsigned JSON object that has one field, of this name, and keeps its text for the operator',
    answer({ rule: { field = '' } }, { raw: { body } }) {
      if (body.length > MAX_ECHO) return undefined;
      const value = readOnlyField(body, field);
      return value === undefined ? undefined : { kind: 'answer', body: '', secret: value };
    },
  },
  ignore: {
    stages: ['verified'],
    needs: ['when', 'reason'],
    does: 'answers with 200 and a reason',
    answer: ({ rule: { reason = '' } }) => ({ kind: 'ignored', why: 'handshake', reason }),
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type HandshakeKind = keyof typeof HANDSHAKE_KINDS;
export const HANDSHAKE_KIND_NAMES = Object.keys(HANDSHAKE_KINDS) as readonly HandshakeKind[];

/** A rule with its paths read. */
export interface CompiledHandshake {
  readonly rule: HandshakeRule;
  readonly when: Filter | undefined;
  readonly field: FieldPath | undefined;
  readonly isPermitted: MatchUrl | undefined;
  /** The token that the operator has entered at the sender. */
  readonly token: string | undefined;
}

/**
 * Reads the paths of a rule.
 *
 * @param headers those that the source exposes
 * @throws RuleError
 */
export function compileHandshake(
  rule: HandshakeRule,
  headers: readonly string[],
  token: string | undefined,
): CompiledHandshake {
  const { needs, stages }: Kind = HANDSHAKE_KINDS[rule.kind];
  const missing = needs.find((name) => rule[name] === undefined);
  if (missing !== undefined) throw new RuleError(`of the kind ${rule.kind} needs ${toSnakeCase(missing)}: set it`);
  if (rule.tokenQuery !== undefined && token === undefined)
    throw new RuleError('needs token: set the text that you enter at the sender as its verify token');
  const scope = fullScope(headers);
  const readsEvent = stages.includes('verified');
  return {
    rule,
    when: rule.when && compileFilter(rule.when, scope),
    field: readsEvent && rule.field !== undefined ? parseFieldPath(rule.field, scope) : undefined,
    isPermitted: rule.urls && compileUrls(rule.urls),
    token,
  };
}

function compileUrls(urls: readonly string[]): MatchUrl {
  try {
    return compileUrlPatterns(urls);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new RuleError(`has urls that can't be used: ${error.message.replace(/\.$/, '')}`);
  }
}

/** The first answer of the handshakes of a stage; undefined where the request is none. */
export function answerHandshake(
  handshakes: readonly CompiledHandshake[],
  stage: Stage,
  asked: Asked,
): Outcome | undefined {
  for (const handshake of handshakes) {
    const kind: Kind = HANDSHAKE_KINDS[handshake.rule.kind];
    if (!kind.stages.includes(stage)) continue;
    if (handshake.when !== undefined && handshake.when.findMismatch(asked.view ?? {}) !== undefined) continue;
    const outcome = kind.answer(handshake, asked);
    if (outcome !== undefined) return outcome;
  }
  return undefined;
}

/** Whether a source answers `GET`. */
export function answersGet(handshakes: readonly CompiledHandshake[]): boolean {
  return handshakes.some(({ rule }) => (HANDSHAKE_KINDS[rule.kind].stages as readonly Stage[]).includes('get'));
}

/** Whether a sender tells its secret only in a handshake, so that a source may start without one. */
export function learnsSecret(rules: readonly HandshakeRule[]): boolean {
  return rules.some(({ kind }) => kind === 'echo_header' || kind === 'show_secret');
}

function readOnlyField(body: Buffer, name: string): string | undefined {
  try {
    const [[key, value] = [], ...more] = Object.entries(JSON.parse(body.toString('utf8')) as object);
    return key === name && more.length === 0 && typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
