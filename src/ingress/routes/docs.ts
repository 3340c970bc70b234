import { createHash } from 'node:crypto';
import type { Router } from '@koa/router';
import { buildOpenApi } from '../../protocol/openapi.ts';
import { describeProblem, ProblemError } from '../../protocol/problems.ts';
import type { AppDeps, RequestState } from '../app-deps.ts';
import { type Asset, loadAssets } from '../docs-page/assets.ts';
import { PAGE_POLICY, renderPage } from '../docs-page/render-page.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * `GET /openapi.json`, and `GET /docs`: the same for people, with no file from elsewhere. `GET /problems/:code` is where the
 * `type` of a problem leads (RFC 9457 section 3.1.1).
 */
export function docsRoutes(router: Router<RequestState>, { endpointPath }: Pick<AppDeps, 'endpointPath'>): void {
  const document = JSON.stringify(buildOpenApi({ endpointPath }));
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

  // Most servers are never asked for the page: its files are read with the first request.
  let loaded: readonly Asset[] | undefined;
  const assets = (): readonly Asset[] => (loaded ??= loadAssets());

  router.get('/docs', (ctx) => {
    if (ctx.path.endsWith('/')) {
      ctx.redirect('../docs');
      return;
    }
    ctx.set('Cache-Control', 'no-cache');
    ctx.set('Content-Security-Policy', PAGE_POLICY);
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.type = 'text/html; charset=utf-8';
    ctx.body = renderPage(assets());
  });

  router.get('/docs/:hash/:name', (ctx) => {
    const asset = assets().find(({ name, hash }) => name === ctx.params['name'] && hash === ctx.params['hash']);
    if (asset === undefined) throw new ProblemError('not_found', 'The page of the API has no such file: open /docs.');
    const compress = ctx.acceptsEncodings('gzip', 'identity') === 'gzip';
    ctx.set('Cache-Control', FOR_EVER);
    ctx.vary('Accept-Encoding');
    if (compress) ctx.set('Content-Encoding', 'gzip');
    ctx.type = asset.type;
    ctx.body = compress ? asset.gzipped : asset.bytes;
  });

  router.get('/problems/:code', (ctx) => {
    const text = describeProblem(ctx.params['code'] ?? '');
    if (text === undefined) throw new ProblemError('not_found', 'There is no such problem: /docs has the API.');
    ctx.set('Cache-Control', 'no-cache');
    ctx.type = 'text/plain; charset=utf-8';
    ctx.body = text;
  });
}
