import type { Asset } from './assets.ts';

/** What the page may do: load its own files and ask this server, nothing else. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page `/docs`. Addresses are relative, so that it works below a path of a proxy. */
export function renderPage(assets: readonly Asset[]): string {
  const tags = assets.map((asset) =>
    asset.name.endsWith('.css')
      ? `<link rel="stylesheet" href="${addressOf(asset)}">`
      : `<script src="${addressOf(asset)}" defer></script>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>garudust-temporal API</title>
<link rel="icon" href="data:,">
${tags.join('\n')}
</head>
<body>
<div id="docs"></div>
<noscript>This page needs JavaScript; <a href="openapi.json">openapi.json</a> is the same for programs.</noscript>
</body>
</html>
`;
}

function addressOf({ name, hash }: Asset): string {
  return `docs/${hash}/${name}`;
}
