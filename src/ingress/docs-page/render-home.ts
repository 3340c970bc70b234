import { escape, renderPage } from './page.ts';

/**
 * The page `/`: where a browser that was pointed at the server can go on.
 *
 * @param options.temporalUi address of the Temporal UI, where whoever sees the page may know it
 */
export function renderHome(options: { readonly stylesheet: string; readonly temporalUi: string | undefined }): string {
  const links: readonly (readonly [address: string, name: string, what: string])[] = [
    ['docs', 'API', 'every request, response and error'],
    ['openapi.json', 'openapi.json', 'the same for a client generator'],
    ['healthz', 'healthz', 'whether this process is up'],
    ['readyz', 'readyz', 'whether runs can be recorded'],
    ...(options.temporalUi === undefined
      ? []
      : ([[options.temporalUi, 'Temporal UI', 'every run, step by step']] as const)),
  ];
  const items = links.map(([address, name, what]) => `<li><a href="${escape(address)}">${name}</a>: ${what}</li>`);
  const body = `<main><h1>garudust-temporal</h1><p>Durable agent runs from webhooks. Tasks are sent to <code>POST /webhook</code>.</p>
<ul>${items.join('')}</ul></main>`;
  return renderPage({ title: 'garudust-temporal', stylesheet: options.stylesheet, body });
}
