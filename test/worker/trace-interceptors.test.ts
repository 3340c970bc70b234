/** Workers with and without tracing take turns at the same runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import {
  DefaultLogger,
  type InjectedSinks,
  NativeConnection,
  type ReplayWorkerOptions,
  Worker,
} from '@temporalio/worker';
import { spanIdOf, TRACE_HEADER, type TraceSinks, type WorkflowSpan } from '../../src/contract/workflow-trace.ts';
import { installRuntime } from '../../src/worker/install-runtime.ts';
import { TRACE_INTERCEPTORS_PATH } from '../../src/worker/trace-plugin.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';

installRuntime(new DefaultLogger('ERROR'));

const workflowsPath = fileURLToPath(new URL('trace-workflows.ts', import.meta.url));
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const activities = { echo: async (text: string) => text };

type Kind = 'with tracing' | 'without tracing';

function optionsOf(
  kind: Kind,
  spans: WorkflowSpan[] = [],
): Pick<ReplayWorkerOptions, 'interceptors' | 'sinks'> & { workflowsPath: string } {
  if (kind === 'without tracing') return { workflowsPath };
  const sinks: InjectedSinks<TraceSinks> = {
    garudustTrace: { workflowEnded: { fn: (_info, span) => void spans.push(span) } },
  };
  return { workflowsPath, sinks, interceptors: { workflowModules: [TRACE_INTERCEPTORS_PATH] } };
}

for (const recorded of ['with tracing', 'without tracing'] as const) {
  for (const header of [{ traceparent: TRACEPARENT }, 'no object', undefined]) {
    const what = header === undefined ? 'no trace' : typeof header === 'string' ? 'an unreadable trace' : 'a trace';
    test(`a run recorded ${recorded} and started with ${what} replays on either worker`, async (t) => {
      const { address, namespace, client } = await connectToTestServer();
      const connection = await NativeConnection.connect({ address });
      t.after(() => connection.close());
      const taskQueue = uniqueTaskQueue(t);
      const spans: WorkflowSpan[] = [];
      const worker = await Worker.create({
        connection,
        namespace,
        taskQueue,
        activities,
        ...optionsOf(recorded, spans),
      });
      const starter = new Client({
        connection: client.connection,
        namespace,
        interceptors: {
          workflow: [
            {
              startWithDetails: (input, next) =>
                next({ ...input, headers: { ...input.headers, ...toHeaders(header) } }),
              start: (input, next) => next({ ...input, headers: { ...input.headers, ...toHeaders(header) } }),
            },
          ],
        },
      });
      const workflowId = taskQueue;
      const result = await worker.runUntil(starter.workflow.execute('sensitive', { taskQueue, workflowId }));
      assert.equal((result as string[])[0], 'condition');
      const handle = client.workflow.getHandle(workflowId);
      const history = await handle.fetchHistory();
      for (const kind of ['with tracing', 'without tracing'] as const) {
        await Worker.runReplayHistory(optionsOf(kind), history, workflowId);
      }

      if (recorded === 'without tracing' || typeof header !== 'object') return assert.deepEqual(spans, []);
      const { runId } = await handle.describe();
      const own = spans.find(({ workflowType }) => workflowType === 'sensitive');
      const child = spans.find(({ workflowType }) => workflowType === 'leaf');
      assert.equal(own?.traceparent, `00-${TRACE}-${spanIdOf(runId)}-01`);
      assert.equal(own.parentSpanId, '00f067aa0ba902b7');
      assert.equal(child?.parentSpanId, spanIdOf(runId));
      return assert.equal(spans.length, 2);
    });
  }
}

function toHeaders(header: object | string | undefined) {
  return header === undefined ? {} : { [TRACE_HEADER]: defaultPayloadConverter.toPayload(header) };
}
