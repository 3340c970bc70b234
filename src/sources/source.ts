import type { AgentRunInput } from '../contract/run.ts';
import type { SessionPolicy } from '../contract/session.ts';
import type { RemoteKeyScheme } from '../signatures/remote-key-scheme.ts';
import type { SignatureScheme } from '../signatures/scheme.ts';
import type { Filter } from './filter.ts';
import type { CompiledHandshake } from './handshakes.ts';
import type { Preset, ReadEvent } from './preset.ts';
import type { EventList } from './split-delivery.ts';
import type { Template } from '../templates/template.ts';

/** A configured kind of sender: how it is verified, which events are accepted, and how an event becomes a task. */
export interface Source {
  readonly name: string;
  readonly path: string;
  /** Id of the client that the runs belong to. */
  readonly client: string;
  readonly preset: Preset;
  readonly proof: Proof;
  readonly handshakes: readonly CompiledHandshake[];
  readonly read: ReadEvent;
  /** Where a delivery has several events; empty where it is one. */
  readonly each: readonly EventList[];
  /** Largest body in bytes. Undefined: the limit of the ingress. */
  readonly bodyLimit: number | undefined;
  /** Headers that templates may read, in lower case. */
  readonly headers: readonly string[];
  /** The operator's template, which takes precedence over an id that the signature covers. */
  readonly ownDeliveryId: Template | undefined;
  readonly presetDeliveryId: Template | undefined;
  /** `id`: a repeat of an id is the same event, whatever its bytes. `strict`: other bytes are refused. */
  readonly identity: 'id' | 'strict';
  /** Fields that may differ between attempts of one delivery: they are left out of `body_sha256`. */
  readonly volatileFields: readonly string[];
  /** How an accepted event is answered. */
  readonly answer: { readonly status: number | undefined; readonly body: string };
  readonly eventType: Template | undefined;
  readonly events: readonly string[] | undefined;
  readonly filter: Filter | undefined;
  readonly agent: Template | undefined;
  /** The workflow that runs instead of an agent. */
  readonly workflow: string | undefined;
  /** What becomes of tasks whose session has a run already. Undefined: the client decides. */
  readonly sessionPolicy: SessionPolicy | undefined;
  /** How a person approves each task. Undefined: nobody is asked. */
  readonly approval: AgentRunInput['approval'];
  readonly map: TaskMap;
}

/** How a delivery is verified. */
export type Proof =
  | { readonly kind: 'signed'; readonly scheme: SignatureScheme; readonly secrets: readonly string[] }
  /** By a key that stands at another host. */
  | { readonly kind: 'remoteKey'; readonly scheme: RemoteKeyScheme }
  /** Anyone may send: the operator has set `unsigned`. */
  | { readonly kind: 'unsigned' };

/** How an event becomes a task. */
export interface TaskMap {
  readonly text: Template;
  readonly sessionKey: Template | undefined;
  readonly userId: Template | undefined;
  readonly userName: Template | undefined;
  readonly callbackUrl: Template | undefined;
  /** Empty: a workflow is given the text. */
  readonly input: readonly (readonly [string, Template])[];
  readonly metadata: readonly (readonly [string, Template])[];
}
