/** One server-sent event, or a comment. */
export interface ServerSentEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/**
 * Reads server-sent events until the stream ends, by the rules of WHATWG HTML section 9.2 and not with the code under test.
 *
 * Comments come as events named `:`, `retry` as one named `retry`.
 */
export async function* readEvents(response: Response): AsyncGenerator<ServerSentEvent, void, undefined> {
  if (response.body === null) return;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield readBlock(block);
  }
  if (text !== '') throw new Error(`the stream ended in the midst of an event: ${text}`);
}

function readBlock(block: string): ServerSentEvent {
  if (block.startsWith(':')) return { event: ':', id: undefined, data: block.slice(1).trim() };
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const retry = fields.get('retry');
  if (retry !== undefined && fields.size === 1) return { event: 'retry', id: undefined, data: Number(retry) };
  return {
    event: fields.get('event') ?? 'message',
    id: fields.get('id'),
    data: JSON.parse(fields.get('data') ?? 'null') as unknown,
  };
}
