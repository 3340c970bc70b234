/** A JSON object of the document. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** What the document is made of. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
