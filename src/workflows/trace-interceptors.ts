/**
 * Carries the trace of a run through its workflow. Bundled only where the worker traces.
 *
 * It adds no command, no wait and no random number, so that workers with and without it may take turns at one run.
 * Why not the SDK's own: docs/decisions/0025-traces-leave-workflows-as-they-are.md.
 */
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { ContinueAsNew, proxySinks, workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import {
  formatTraceparent,
  parseTraceparent,
  spanIdOf,
  TRACE_HEADER,
  type TraceParent,
  type TraceSinks,
} from '../contract/workflow-trace.ts';

interface Trace {
  readonly parent: TraceParent;
  readonly tracestate?: string;
}

/** What the SDK calls for each execution of a workflow. */
export function interceptors(): WorkflowInterceptors {
  /** What activities and workflows get that this one starts. */
  let outgoing: Headers = {};
  const withTrace = <I extends { readonly headers: Headers }>(input: I): I => ({
    ...input,
    headers: { ...input.headers, ...outgoing },
  });
  return {
    inbound: [
      {
        execute(input, next) {
          const trace = readTrace(input.headers);
          if (trace === undefined) return next(input);
          const { parent, ...state } = trace;
          const { runId, workflowType, runStartTime } = workflowInfo();
          const traceparent = formatTraceparent({ ...parent, spanId: spanIdOf(runId) });
          outgoing = { [TRACE_HEADER]: defaultPayloadConverter.toPayload({ traceparent, ...state }) };
          const ended = (failed: boolean): void =>
            proxySinks<TraceSinks>().garudustTrace.workflowEnded({
              traceparent,
              ...state,
              parentSpanId: parent.spanId,
              workflowType,
              startedAt: runStartTime.getTime(),
              endedAt: Date.now(),
              failed,
            });
          const result = next(input);
          // Beside the promise and not behind it: whoever awaits the workflow goes on in the same step as without tracing.
          result.then(
            () => ended(false),
            (error: unknown) => ended(!(error instanceof ContinueAsNew)),
          );
          return result;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(withTrace(input)),
        scheduleLocalActivity: (input, next) => next(withTrace(input)),
        startChildWorkflowExecution: (input, next) => next(withTrace(input)),
        continueAsNew: (input, next) => next(withTrace(input)),
      },
    ],
  };
}

/** A header that cannot be read is none: it must not fail a workflow. */
function readTrace({ [TRACE_HEADER]: payload }: Headers): Trace | undefined {
  if (payload == null) return undefined;
  let carrier: { readonly traceparent?: unknown; readonly tracestate?: unknown } | null;
  try {
    carrier = defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
  const parent = parseTraceparent(carrier?.traceparent);
  if (parent === undefined) return undefined;
  return { parent, ...(typeof carrier?.tracestate === 'string' && { tracestate: carrier.tracestate }) };
}
