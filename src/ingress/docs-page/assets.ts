import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** Where `npm run build` puts copies, so that an installation needs no package for them. */
export const COPIES_FOLDER = fileURLToPath(new URL('./assets/', import.meta.url));

/** The files of swagger-ui that the page loads. */
export const LIBRARY_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'] as const;

/** Where a file of the package stands in `node_modules`. */
export function packagedFile(name: string): string {
  return createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`);
}

/** A file that the page loads, ready to be sent. */
export interface Asset {
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
  /** Of its content: part of its address, so that it may be cached for ever. */
  readonly hash: string;
}

/** Starts the page. A file of its own, because the page's policy runs no script that stands in the page. */
const START = `window.ui = SwaggerUIBundle({
  dom_id: '#docs',
  url: 'openapi.json',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: ['get'],
  validatorUrl: null,
});
`;

/** Reads the files of the page: some 2 MB, kept by the caller. */
export function loadAssets(): Asset[] {
  const library = LIBRARY_FILES.map((name) => {
    const copy = `${COPIES_FOLDER}${name}`;
    return toAsset(name, readFileSync(existsSync(copy) ? copy : packagedFile(name)));
  });
  return [...library, toAsset('start.js', Buffer.from(START))];
}

function toAsset(name: string, bytes: Buffer): Asset {
  const type = name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return { name, type, bytes, gzipped: gzipSync(bytes), hash };
}
