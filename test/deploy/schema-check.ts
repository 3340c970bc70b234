import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js';

/**
 * Loads one of the schemas in `schema/`.
 *
 * @returns a check that returns what is wrong with a value, one line each; `definition` names one below `$defs`
 */
export function loadSchema(file: string): (value: unknown, definition?: string) => string[] {
  const path = fileURLToPath(new URL(`schema/${file}`, import.meta.url));
  const schema = JSON.parse(readFileSync(path, 'utf8')) as AnySchemaObject;
  // Formats such as int32 and duration are not JSON Schema's own.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(schema, file);
  return (value, definition) => {
    const validate = ajv.getSchema(definition === undefined ? file : `${file}#/$defs/${definition}`);
    if (validate === undefined) return [`${file} has no definition ${definition ?? ''}`];
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message = 'is wrong', params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}
