import { createHash } from 'node:crypto';
import { buildOpenApi } from '../../protocol/openapi.ts';
import { ProblemError } from '../../protocol/problem-error.ts';
import { describeProblem, type ProblemCode, PROBLEMS } from '../../protocol/problems.ts';
import { DOCS_STYLE, PAGE_POLICY, prose, renderPage } from '../docs-page/page.ts';
import { renderDocs } from '../docs-page/render-docs.ts';
import { renderHome } from '../docs-page/render-home.ts';
import type { Readiness } from '../../runs/temporal-watch.ts';
import type { RequestContext, Route } from '../route.ts';

/** An agent that cannot work, whatever the task is. `/readyz` lists it. */
export interface AgentAtFault {
  readonly name: string;
  /** A failure type of the class `agent`. */
  readonly code: string;
}

/** Where `/readyz` gets its answer. */
export interface Health {
  readonly readiness: () => Promise<Readiness>;
  /** The agents that are at fault at the moment, as far as this process knows. Default: none are told. */
  readonly agentsAtFault?: () => readonly AgentAtFault[];
}

/**
 * `GET /healthz`: the process is up. `GET /readyz`: Temporal answers too and is set up, so that runs can be recorded. Agents
 * at fault are listed and do not change the status, because tasks can still be accepted.
 */
export function healthRoutes({ readiness, agentsAtFault = () => [] }: Health): Route[] {
  return [
    open('/healthz', (ctx) => {
      ctx.body = { status: 'ok' };
    }),
    open('/readyz', async (ctx) => {
      const state = await readiness();
      if (state !== 'ready') throw new ProblemError(state, NOT_READY[state]);
      const faults = agentsAtFault();
      ctx.body = { status: 'ready', ...(faults.length > 0 && { agents_at_fault: faults }) };
    }),
  ];
}

const NOT_READY: Readonly<Record<Exclude<Readiness, 'ready'>, string>> = {
  temporal_unavailable: 'Temporal does not answer, or this process does not work for it yet.',
  temporal_not_set_up: 'The namespace or its search attributes are missing: run `garudust-temporal setup`.',
};

/** What the pages of the public port show. */
export interface DocsDeps {
  readonly endpointPath: string;
  /** Where callers reach the API. Default: the host that served the document. */
  readonly publicUrl?: string;
  /** Of the run list, for the page at `/`, which anybody may read. Default: it is not shown. */
  readonly temporalUi?: string;
}

/** The name contains a hash of the content, so that caches may keep the file forever. */
const STYLESHEET = `docs/${createHash('sha256').update(DOCS_STYLE).digest('hex').slice(0, 16)}.css`;

/**
 * `GET /`, a page that leads to the others; `GET /openapi.json`; `GET /docs`, the same as a page; and `GET /problems/:code`,
 * which the `type` of a problem links to (RFC 9457 section 3.1.1): a page for a browser, Markdown for others.
 */
export function docsRoutes({ temporalUi, ...api }: DocsDeps): Route[] {
  const openApi = buildOpenApi(api);
  // As bytes: who asks a thousand times and reads nothing makes no thousand copies.
  const document = Buffer.from(JSON.stringify(openApi));
  const style = Buffer.from(DOCS_STYLE);
  const etag = `"${createHash('sha256').update(document).digest('hex').slice(0, 32)}"`;
  const page = Buffer.from(renderDocs(openApi, STYLESHEET));
  const home = Buffer.from(renderHome({ stylesheet: STYLESHEET, temporalUi }));
  return [
    { ...open('/', (ctx) => sendPage(ctx, home)), documentedAs: false },
    open('/openapi.json', (ctx) => {
      // Caches may keep it, but must revalidate: a newer server has a newer document.
      ctx.set('Cache-Control', 'no-cache');
      ctx.set('ETag', etag);
      // Not `ctx.fresh`: fetch adds `Cache-Control: no-cache` to conditional requests, and `fresh` would then send it all.
      if (ctx.get('If-None-Match').split(/,\s*/).includes(etag)) {
        ctx.status = 304;
        return;
      }
      ctx.type = 'application/json';
      ctx.body = document;
    }),
    open('/docs', (ctx) => {
      if (ctx.path.endsWith('/')) {
        ctx.redirect('../docs');
        return;
      }
      sendPage(ctx, page);
    }),
    {
      ...open(`/${STYLESHEET}`, (ctx) => {
        ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
        ctx.type = 'text/css; charset=utf-8';
        ctx.body = style;
      }),
      documentedAs: false,
    },
    open('/problems/:code', (ctx) => {
      const text = describeProblem(ctx.params['code'] ?? '');
      if (text === undefined) throw new ProblemError('not_found', 'No problem has this code: see /docs.');
      ctx.set('Vary', 'Accept');
      if (ctx.accepts('text/plain', 'text/html') === 'text/html') {
        const title = PROBLEMS[ctx.params['code'] as ProblemCode].title;
        const all = '<p><a href="../docs">Every request and error</a></p>';
        sendPage(ctx, renderPage({ title, stylesheet: `../${STYLESHEET}`, body: `<main>${prose(text)}${all}</main>` }));
        return;
      }
      ctx.set('Cache-Control', 'no-cache');
      ctx.type = 'text/plain; charset=utf-8';
      ctx.body = text;
    }),
  ];
}

function sendPage(ctx: RequestContext, html: string | Buffer): void {
  ctx.set('Cache-Control', 'no-cache');
  ctx.set('Content-Security-Policy', PAGE_POLICY);
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = html;
}

function open(path: string, handle: (ctx: RequestContext) => void | Promise<void>): Route {
  return { method: 'GET', path, access: 'open', handle };
}
