import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTemplate, renderTemplate } from '../../src/signatures/signed-template.ts';

/** Every text of up to three of these, so that many hold, begin or end with what parts them. */
const TEXTS = ['', 'a', ':', '.'].flatMap((x) =>
  ['', 'a', ':', '.'].flatMap((y) => ['', 'a', ':', '.'].map((z) => x + y + z)),
);
const SOME = [...new Set(TEXTS)];

const TEMPLATES = ['{id}:{header:H}:{body}', '{id}::{body}.{header:H}', '{header:H}.:{id}:.{body}', '{body}:::{id}'];
for (const template of TEMPLATES) {
  test(`no two requests have the same signed bytes: ${template}`, () => {
    const parts = parseTemplate(template);
    const headers = template.includes('header') ? SOME : ['a'];
    const seen = new Map<string, string>();
    for (const id of SOME)
      for (const header of headers)
        for (const body of SOME) {
          const values = { id, header: () => header, body: Buffer.from(body), timestamp: undefined };
          const bytes = renderTemplate(parts, values);
          if (bytes === undefined) continue;
          const text = Buffer.from(bytes).toString();
          const request = JSON.stringify({ id, header, body });
          assert.equal(seen.get(text), undefined, `${request} reads ${text} too`);
          seen.set(text, request);
        }
    assert.ok(seen.size > 100, `only ${seen.size} were signed`);
  });
}
