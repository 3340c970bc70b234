import { createHash } from 'node:crypto';
import type { Router } from '@koa/router';
import { buildOpenApi } from '../../protocol/openapi.ts';
import { describeProblem, ProblemError } from '../../protocol/problems.ts';
import type { AppDeps, RequestState } from '../app-deps.ts';
import { DOCS_STYLE, PAGE_POLICY, renderDocs } from '../docs-page/render-docs.ts';

/** Its name holds a hash of its content, so that it may be cached forever. */
const STYLESHEET = `docs/${createHash('sha256').update(DOCS_STYLE).digest('hex').slice(0, 16)}.css`;

/**
 * `GET /openapi.json`, and `GET /docs`: the same for people, with no file from elsewhere. `GET /problems/:code` is where the
 * `type` of a problem leads (RFC 9457 section 3.1.1).
 */
export function docsRoutes(router: Router<RequestState>, { endpointPath }: Pick<AppDeps, 'endpointPath'>): void {
  const openApi = buildOpenApi({ endpointPath });
  const document = JSON.stringify(openApi);
  const etag = `"${createHash('sha256').update(document).digest('hex').slice(0, 32)}"`;
  router.get('/openapi.json', (ctx) => {
    // It may be kept, but must be asked about: a newer server says more.
    ctx.set('Cache-Control', 'no-cache');
    ctx.set('ETag', etag);
    // Not `ctx.fresh`: with a condition of the caller's own, fetch asks for no cache, and would get it all each time.
    if (ctx.get('If-None-Match').split(/,\s*/).includes(etag)) {
      ctx.status = 304;
      return;
    }
    ctx.type = 'application/json';
    ctx.body = document;
  });

  const page = renderDocs(openApi, STYLESHEET);

  router.get('/docs', (ctx) => {
    if (ctx.path.endsWith('/')) {
      ctx.redirect('../docs');
      return;
    }
    ctx.set('Cache-Control', 'no-cache');
    ctx.set('Content-Security-Policy', PAGE_POLICY);
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.type = 'text/html; charset=utf-8';
    ctx.body = page;
  });

  router.get(`/${STYLESHEET}`, (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.type = 'text/css; charset=utf-8';
    ctx.body = DOCS_STYLE;
  });

  router.get('/problems/:code', (ctx) => {
    const text = describeProblem(ctx.params['code'] ?? '');
    if (text === undefined) throw new ProblemError('not_found', 'There is no such problem: /docs has the API.');
    ctx.set('Cache-Control', 'no-cache');
    ctx.type = 'text/plain; charset=utf-8';
    ctx.body = text;
  });
}
