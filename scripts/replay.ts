/**
 * Replays histories with the workflows of the sources: `npm run replay -- history.json…`, one line a file. Takes what the
 * Temporal UI downloads and what `temporal workflow show --output json` prints; `PAYLOAD_KEYS` decrypts it. Exit code: 1 when a
 * history does not replay, 2 when a file is no history.
 */
import { readFileSync } from 'node:fs';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { Payloads } from '../src/payloads/payloads.ts';
import { payloadKeys } from '../src/settings/payload-keys.ts';
import { bundleWorkflows } from '../src/worker/workflow-bundle.ts';
import { installRuntime } from '../src/worker/install-runtime.ts';

/** A history as JSON: what is read of it here. */
interface History {
  readonly events: readonly Event[];
}

interface Event {
  readonly eventId?: unknown;
  readonly eventType?: unknown;
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowType?: { readonly name?: string } };
}

async function replay(files: readonly string[]): Promise<number> {
  if (files.length === 0) {
    process.stderr.write('Name at least one history: npm run replay -- history.json\n');
    return 2;
  }
  let exitCode = 0;
  let workflowBundle: { code: string } | undefined;
  const given = process.env['PAYLOAD_KEYS'];
  const plugins = [new Payloads(given ? { keys: payloadKeys.read(given) } : {})];
  for (const file of files) {
    const history = readHistory(file);
    if (typeof history === 'string') {
      process.stdout.write(`invalid  ${file}  ${history}\n`);
      exitCode = 2;
      continue;
    }
    workflowBundle ??= await prepare();
    try {
      await Worker.runReplayHistory({ workflowBundle, plugins }, history);
      process.stdout.write(`ok       ${file}  ${nameOf(history)}, ${history.events.length} events\n`);
    } catch (error) {
      process.stdout.write(`failed   ${file}  ${nameOf(history)}: ${reason(error)}\n`);
      exitCode ||= 1;
    }
  }
  return exitCode;
}

/** Only for a history that can be replayed: a runtime that never had a worker keeps the process alive. */
async function prepare(): Promise<{ code: string }> {
  // Without the SDK's log lines: they repeat what the error says, with a stack trace.
  installRuntime(new DefaultLogger('ERROR', () => undefined));
  return { code: await bundleWorkflows() };
}

/** The history in a file, or why there is none. */
function readHistory(file: string): History | string {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return reason(error);
  }
  const events: unknown = Array.isArray(content) ? content : eventsOf(content);
  if (!Array.isArray(events) || events.length === 0) return 'The file has no "events".';
  // The SDK's native core panics on such a history and never answers.
  const bad = (events as Event[]).findIndex(
    (event, index) => Number(event.eventId) !== index + 1 || typeof event.eventType !== 'string',
  );
  if (bad !== -1)
    return `Event ${bad + 1} has no eventType, or its eventId is not ${bad + 1}: export the whole history.`;
  return nameOf({ events }) === '' ? 'Event 1 does not start a workflow: export the whole history.' : { events };
}

/** `{"events": […]}`; Temporal's HTTP API answers with `{"history": {"events": […]}}`. */
function eventsOf(content: unknown): unknown {
  const { events, history } = Object(content) as { events?: unknown; history?: { events?: unknown } };
  return events ?? history?.events;
}

function nameOf({ events }: History): string {
  return events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
}

/** What the error says on one line. The SDK wraps the sentence that matters in a dump of its native structs. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const inner = /message: "((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return (inner ?? text).replaceAll(/\s*\n\s*/g, ' ');
}

process.exitCode = await replay(process.argv.slice(2));
