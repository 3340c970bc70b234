import { Readable, Writable } from 'node:stream';
import { type AnyMessage, client, type ClientConnection, methods, ndJsonStream } from '@agentclientprotocol/sdk';
import type { PermissionOption, SessionUpdate } from '@agentclientprotocol/sdk';
import type { Child } from '../child/start-child.ts';
import { isRecord } from '../../values/is-record.ts';

export interface AcpHandlers {
  /** What an agent that asks for a permission is told. */
  readonly permissions: 'allow' | 'deny';
  /** Longest message, in bytes. */
  readonly maxMessageBytes: number;
  onUpdate(sessionId: string, update: SessionUpdate): void;
  onPermission(): void;
}

/** Speaks the Agent Client Protocol with a program, as its client. It offers the agent no files and no terminals. */
export function connectAcp(child: Child, handlers: AcpHandlers): ClientConnection {
  const { permissions, maxMessageBytes } = handlers;
  const stream = ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>, {
    maxMessageBytes,
  });
  return client({ name: 'garudust-temporal' })
    .onRequest(methods.client.session.requestPermission, ({ params }) => {
      handlers.onPermission();
      const option = chooseOption(params.options, permissions);
      return { outcome: option === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId: option } };
    })
    .onNotification(methods.client.session.update, ({ params }) => handlers.onUpdate(params.sessionId, params.update))
    .connect({
      writable: stream.writable,
      readable: stream.readable.pipeThrough(new TransformStream({ transform: pass })),
    });
}

/** For once rather than for ever: the next task decides anew. */
function chooseOption(options: readonly PermissionOption[], permissions: 'allow' | 'deny'): string | undefined {
  const kinds = permissions === 'allow' ? ['allow_once', 'allow_always'] : ['reject_once', 'reject_always'];
  const found = kinds
    .map((kind) => options.find((option) => option.kind === kind))
    .find((option) => option !== undefined);
  return found?.optionId;
}

/** The library prints parts of messages that it does not understand: they get no further. */
function pass(message: AnyMessage, controller: TransformStreamDefaultController<AnyMessage>): void {
  if (!isRecord(message)) return;
  const { id, method } = message as { readonly id?: unknown; readonly method?: unknown };
  const isCall = typeof method === 'string' && /^[\w$/]{1,80}$/.test(method);
  const isAnswer = typeof id === 'number' && ('result' in message || 'error' in message);
  if (isCall || isAnswer) controller.enqueue(message);
}
