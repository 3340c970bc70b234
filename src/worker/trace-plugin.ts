/**
 * Carries traces through Temporal. Nothing imports this module unless an operator asks for traces: its packages are optional.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import { SimplePlugin } from '@temporalio/plugin';
import type { InjectedSinks, WorkerOptions } from '@temporalio/worker';
import type { TraceSinks, WorkflowSpan } from '../contract/workflow-trace.ts';

/** The interceptors of workflow code: TypeScript from the sources, JavaScript from a build. */
export const TRACE_INTERCEPTORS_PATH = fileURLToPath(
  new URL(`../workflows/trace-interceptors${extname(import.meta.url)}`, import.meta.url),
);

/**
 * The plugin that a connection hands on to its clients and workers. Of a client it traces starts alone: polls describe runs all
 * the time.
 */
export class TracePlugin extends SimplePlugin {
  readonly #workflowEnded: (span: WorkflowSpan) => void;

  /** @param workflowEnded gets the span of each workflow that belongs to a trace */
  constructor(workflowEnded: (span: WorkflowSpan) => void) {
    const client = new OpenTelemetryWorkflowClientInterceptor();
    super({
      name: 'garudust-temporal-traces',
      clientInterceptors: {
        workflow: [
          {
            start: (input, next) => client.start(input, next),
            startWithDetails: (input, next) => client.startWithDetails(input, next),
          },
        ],
      },
      workerInterceptors: {
        activity: [(activity) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(activity) })],
        workflowModules: [TRACE_INTERCEPTORS_PATH],
      },
    });
    this.#workflowEnded = workflowEnded;
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    const sinks: InjectedSinks<TraceSinks> = {
      garudustTrace: { workflowEnded: { fn: (_info, span) => this.#workflowEnded(span) } },
    };
    return super.configureWorker({ ...options, sinks: { ...options.sinks, ...sinks } });
  }
}
