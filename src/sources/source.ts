import type { GenericHmacOptions } from '../signatures/generic-hmac-options.ts';
import type { SignatureScheme } from '../signatures/scheme.ts';
import type { Filter } from './filter.ts';
import type { Preset } from './preset.ts';
import type { Template } from './template.ts';

/** A source as its operator wrote it; `compileSource` makes a `Source` of it. */
export interface SourceOptions {
  readonly name: string;
  /** Default `generic`. */
  readonly preset?: string;
  /** Default `/hooks/<name>`. */
  readonly path?: string;
  /** Name of a scheme, in place of the preset's. */
  readonly scheme?: string;
  /** The sender's own way to sign, in place of `scheme`. */
  readonly hmac?: GenericHmacOptions;
  /** Any of them verifies. Empty only where `unsigned` is set. */
  readonly secrets: readonly string[];
  /** Takes deliveries from anybody. */
  readonly unsigned?: boolean;
  /** Id of the client that the runs belong to. */
  readonly client: string;
  /** Headers that templates may see beside the preset's. */
  readonly headers?: readonly string[];
  /** Event types that are wanted; one that ends with `*` stands for all that begin so. Absent: all. */
  readonly events?: readonly string[];
  /** In place of the preset's. */
  readonly filter?: unknown;
  /** Largest body, in bytes. */
  readonly bodyBytes?: number;
  // Templates; those of the preset stand where one is absent.
  readonly deliveryId?: string;
  readonly eventType?: string;
  readonly agent?: string;
  readonly map?: MapOptions;
}

/** Templates of the fields of a task. */
export interface MapOptions {
  readonly text?: string;
  readonly sessionKey?: string;
  readonly userId?: string;
  readonly userName?: string;
  readonly callbackUrl?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A configured kind of sender: how it is verified, what of it is dropped, how its event becomes a task. */
export interface Source {
  readonly name: string;
  readonly path: string;
  readonly client: string;
  readonly preset: Preset;
  readonly proof: Proof;
  /** Undefined: the ingress's own limit. */
  readonly bodyBytes: number | undefined;
  /** Headers that templates see, in lower case. */
  readonly headers: readonly string[];
  /** The operator's own template goes before an id that the sender signed. */
  readonly ownDeliveryId: Template | undefined;
  readonly presetDeliveryId: Template | undefined;
  readonly eventType: Template | undefined;
  readonly events: readonly string[] | undefined;
  readonly filter: Filter | undefined;
  readonly agent: Template | undefined;
  readonly map: TaskMap;
}

/** How a delivery proves where it comes from. */
export type Proof =
  | { readonly kind: 'signed'; readonly scheme: SignatureScheme; readonly secrets: readonly string[] }
  /** Anybody may send: an operator has asked for it by name. */
  | { readonly kind: 'unsigned' };

/** How an event becomes a task. */
export interface TaskMap {
  readonly text: Template;
  readonly sessionKey: Template | undefined;
  readonly userId: Template | undefined;
  readonly userName: Template | undefined;
  readonly callbackUrl: Template | undefined;
  readonly metadata: readonly (readonly [string, Template])[];
}
