/** The page may only load its stylesheet. It runs no script and loads nothing from other hosts. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * A page without scripts. Links are relative, so that it works below the path of a proxy.
 *
 * @param content.title as text
 * @param content.stylesheet relative address of `DOCS_STYLE`
 * @param content.body as HTML
 */
export function renderPage(content: {
  readonly title: string;
  readonly stylesheet: string;
  readonly body: string;
}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(content.title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${escape(content.stylesheet)}">
</head>
<body>
${content.body}
</body>
</html>
`;
}

/** Renders the Markdown that descriptions use: a heading, paragraphs, lists and code. */
export function prose(text: string): string {
  return text
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const html = escape(block).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
      const items = html.split(/^- /m).slice(1);
      if (block.startsWith('# ')) return `<h1>${html.slice(2)}</h1>`;
      return block.startsWith('- ') ? `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>` : `<p>${html}</p>`;
    })
    .join('');
}

/** Text as HTML shows it, also within quotes. */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The stylesheet of the pages. */
export const DOCS_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3, h4 { line-height: 1.2; margin: 1.2em 0 0.4em; }
details { border: 1px solid #8884; border-radius: 6px; margin: 0.5rem 0; padding: 0.5rem 0.8rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary b { display: inline-block; min-width: 4rem; }
summary span { opacity: 0.8; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid #8883; }
td p { margin: 0; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre { background: #8881; border-radius: 6px; padding: 0.6rem; overflow-x: auto; }
`;
