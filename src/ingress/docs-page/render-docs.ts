import type { Json, JsonObject } from '../../protocol/openapi/schemas.ts';
import { isRecord } from '../../values/is-record.ts';
import { escape, prose, renderPage } from './page.ts';

/**
 * The page `/docs`: an OpenAPI document as HTML without scripts. Links are relative, so that the page works below the path of a
 * proxy.
 *
 * @param document as `buildOpenApi` makes it
 * @param stylesheet relative address of `DOCS_STYLE`
 */
export function renderDocs(document: JsonObject, stylesheet: string): string {
  const info = objectAt(document, 'info');
  const operations = listOperations(document);
  const sections = listAt(document, 'tags').map((tag) => {
    const name = textAt(tag, 'name');
    const own = operations.filter(({ operation }) => itemsAt(operation, 'tags').includes(name));
    return `<section><h2>${escape(name)}</h2>${prose(textAt(tag, 'description'))}${own.map(renderOperation).join('')}</section>`;
  });
  const { schemas = {}, securitySchemes = {} } = objectAt(document, 'components') as Record<string, JsonObject>;
  const title = `${textAt(info, 'title')} API`;
  const whole = `<header><h1>${escape(title)}</h1>${prose(textAt(info, 'description'))}
<p><a href="openapi.json">openapi.json</a> is the same document in machine-readable form.</p></header>
<main>${sections.join('')}
<section><h2>Authentication</h2>${Object.entries(securitySchemes).map(renderSecurity).join('')}</section>
<section><h2>Schemas</h2>${Object.entries(schemas).map(renderSchema).join('')}</section></main>`;
  return renderPage({ title, stylesheet, body: whole });

  function renderOperation({ method, path, operation, shared }: Operation): string {
    const parameters = [...shared, ...listAt(operation, 'parameters')];
    const body = objectAt(operation, 'requestBody');
    return `<details id="${escape(textAt(operation, 'operationId'))}">
<summary><b>${method}</b> <code>${escape(path)}</code> <span>${escape(textAt(operation, 'summary'))}</span></summary>
${prose(textAt(operation, 'description'))}
${parameters.length === 0 ? '' : table(['Parameter', 'In', 'Meaning'], parameters.map(toParameterRow))}
${Object.keys(body).length === 0 ? '' : `<h3>Request body</h3>${renderContent(objectAt(body, 'content'))}`}
<h3>Responses</h3>${Object.entries(objectAt(operation, 'responses')).map(renderResponse).join('')}
</details>`;
  }

  function renderResponse([status, response]: [string, Json]): string {
    const { description = '', content = {} } = asObject(response);
    return `<h4>${escape(status)}</h4>${prose(asText(description))}${renderContent(asObject(content))}`;
  }

  function renderContent(content: JsonObject): string {
    return Object.entries(content)
      .map(([type, media]) => {
        const given = asObject(media);
        const examples = 'example' in given ? [given['example'] ?? null] : Object.values(objectAt(given, 'examples'));
        // The description of the response explains its problems; their examples would only repeat it.
        const shown =
          type === 'application/problem+json'
            ? []
            : examples.map((example) => asObject(resolve(example))['value'] ?? resolve(example));
        const links = schemaNames(given['schema'] ?? null).map((name) => `<a href="#schema-${name}">${name}</a>`);
        return `<p><code>${escape(type)}</code> ${links.join(' or ')}</p>${shown.map((value) => `<pre>${escape(asShown(value))}</pre>`).join('')}`;
      })
      .join('');
  }

  function resolve(value: Json): Json {
    const reference = asObject(value)['$ref'];
    if (typeof reference !== 'string') return value;
    return reference
      .split('/')
      .slice(1)
      .reduce<Json>((at, name) => asObject(at)[name] ?? null, document);
  }
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operation: JsonObject;
  /** Parameters of every operation of the path. */
  readonly shared: readonly JsonObject[];
}

function listOperations(document: JsonObject): Operation[] {
  return Object.entries(objectAt(document, 'paths')).flatMap(([path, item]) => {
    const shared = listAt(asObject(item), 'parameters');
    return Object.entries(asObject(item))
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation: asObject(operation), shared }));
  });
}

function toParameterRow(parameter: JsonObject): string[] {
  const required = parameter['required'] === true ? ', required' : '';
  return [
    `<code>${escape(textAt(parameter, 'name'))}</code>`,
    escape(textAt(parameter, 'in') + required),
    prose(textAt(parameter, 'description')),
  ];
}

function renderSecurity([, scheme]: [string, Json]): string {
  const { type, name, scheme: http, description } = asObject(scheme);
  const header = type === 'apiKey' ? asText(name) : `Authorization: ${asText(http)}`;
  return `<h3><code>${escape(header)}</code></h3>${prose(asText(description))}`;
}

function renderSchema([name, schema]: [string, Json]): string {
  const rows = listFields(asObject(schema), '').map(([field, value]) => [
    `<code>${escape(field)}</code>`,
    renderType(value),
    prose(textAt(value, 'description')),
  ]);
  const fields =
    rows.length === 0 ? `<p>${renderType(asObject(schema))}</p>` : table(['Field', 'Type', 'Meaning'], rows);
  const body = prose(textAt(asObject(schema), 'description')) + fields;
  return `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code></summary>${body}</details>`;
}

function renderType(schema: JsonObject): string {
  const { enum: values, type } = schema;
  const [named] = schemaNames(schema['$ref'] === undefined ? null : schema);
  if (named !== undefined) return `<a href="#schema-${named}">${named}</a>`;
  return escape(Array.isArray(values) ? values.map(asShown).join(', ') : asText(type));
}

/** The fields of an object schema, nested ones by their path. */
function listFields(schema: JsonObject, before: string): [string, JsonObject][] {
  return Object.entries(objectAt(schema, 'properties')).flatMap(([name, value]) => {
    const field = asObject(value);
    const path = `${before}${name}`;
    return [[path, field], ...listFields(field, `${path}.`), ...listFields(objectAt(field, 'items'), `${path}[].`)];
  });
}

/** The names of the document's schemas that a schema refers to. */
function schemaNames(schema: Json): string[] {
  const found = JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g);
  return [...new Set([...found].map(([, name]) => name ?? ''))];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const toRow = (cells: readonly string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  return `<table><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr>${rows.map(toRow).join('')}</table>`;
}

function asShown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function asObject(value: Json | undefined): JsonObject {
  return isRecord(value) ? value : {};
}

function itemsAt(object: JsonObject, name: string): readonly Json[] {
  const value = object[name];
  return Array.isArray(value) ? value : [];
}

function listAt(object: JsonObject, name: string): readonly JsonObject[] {
  return itemsAt(object, name).map(asObject);
}

function objectAt(object: JsonObject, name: string): JsonObject {
  return asObject(object[name]);
}

function textAt(object: JsonObject, name: string): string {
  return asText(object[name]);
}
