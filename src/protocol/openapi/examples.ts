import type { CallbackBody } from '../callback-body.ts';
import type { QuestionBody } from '../question-body.ts';
import type { InputRequest } from '../input-request.ts';
import type { RunList } from '../run-list.ts';
import type { RunResource } from '../run-resource.ts';
import type { SessionResource } from '../session-resource.ts';
import type { TaskRequest } from '../task-request.ts';
import type { JsonObject } from './schemas.ts';

const RUN_ID = 'run-4x7qk2mz5wn3ghy6tpd2vbcrje';
const SUMMARY = 'Summarise why deployment 4312 failed';
const METADATA = { environment: 'production', pipeline: 'deploy-7' };
const CREATED = '2026-03-01T09:30:00.000Z';

/** The bodies that the document shows. A test checks each of them against its schema. */
export const EXAMPLES = {
  Task: {
    text: 'Summarise why deployment 4312 failed',
    callback_url: 'https://ci.example.com/hooks/agent',
    session_key: 'deployments',
    user_id: 'u-17',
    agent: 'garudust',
    metadata: METADATA,
  },
  InvokeTask: {
    directive: 'Summarise why deployment 4312 failed',
    response_uri: 'https://ci.example.com/hooks/agent',
    conversation_anchor: 'deployments',
    principal: 'u-17',
    metadata: METADATA,
  },
  RedeliverRequest: { callback_url: 'https://ci.example.com/hooks/agent-2' },
  InputRequest: { question: 'publish', answer: 'approve', by: 'ann@example.com' },
  Progress: { progress: 'reads page 3 of the invoice', percent: 42 },
  Completion: { output: 'The deployment failed because its disk was full.', usage: { output_tokens: 120 } },
  AcceptedRun: {
    id: RUN_ID,
    workflow_id: RUN_ID,
    summary: SUMMARY,
    status: 'queued',
    terminal: false,
    agent: { name: 'garudust' },
    callback: { status: 'pending', url: 'https://ci.example.com/hooks/agent' },
    source: 'webhook',
    session_key: 'deployments',
    user_id: 'u-17',
    delivery_id: 'deployment-4312',
    metadata: METADATA,
    links: { self: `/v1/runs/${RUN_ID}` },
  },
  Run: {
    id: RUN_ID,
    workflow_id: RUN_ID,
    summary: SUMMARY,
    status: 'completed',
    terminal: true,
    output: 'The health check of the new pods failed: DATABASE_URL was not set.',
    agent: { name: 'garudust', attempt: 1 },
    usage: { input_tokens: 1834, output_tokens: 212, iterations: 3, calls: 3, cost_usd: 0.0087 },
    callback: {
      status: 'retrying',
      url: 'https://ci.example.com/hooks/agent',
      attempts: 1,
      last_status_code: 503,
      last_error: 'The receiver answered 503.',
      next_attempt_at: '2026-03-01T09:30:29.000Z',
    },
    source: 'webhook',
    session_key: 'deployments',
    user_id: 'u-17',
    delivery_id: 'deployment-4312',
    metadata: METADATA,
    created_at: CREATED,
    started_at: '2026-03-01T09:30:00.040Z',
    finished_at: '2026-03-01T09:30:24.000Z',
    links: { self: `/v1/runs/${RUN_ID}` },
  },
  RunList: {
    runs: [
      {
        id: RUN_ID,
        workflow_id: RUN_ID,
        summary: SUMMARY,
        status: 'failed',
        terminal: true,
        error: { code: 'AnswerTooLarge', message: 'The answer is larger than 1000000 bytes.' },
        agent: { name: 'garudust', attempt: 1 },
        callback: { status: 'dead', url: 'https://ci.example.com/hooks/agent', attempts: 10, last_status_code: 503 },
        source: 'webhook',
        created_at: CREATED,
        finished_at: '2026-03-01T09:30:24.000Z',
        links: { self: `/v1/runs/${RUN_ID}` },
      },
    ],
    next_cursor: 'q3Yx0mJ0b2tlbg',
  },
  Session: {
    key: 'deployments',
    current: RUN_ID,
    queue: ['run-7m2wqk4xz5n3ghy6tpdvbcrje2'],
    runs: [
      {
        id: RUN_ID,
        workflow_id: RUN_ID,
        status: 'running',
        terminal: false,
        agent: { name: 'garudust' },
        callback: { status: 'none' },
        source: 'webhook',
        session_key: 'deployments',
        created_at: CREATED,
        links: { self: `/v1/runs/${RUN_ID}` },
      },
    ],
  },
  CallbackBody: {
    text: 'The health check of the new pods failed: DATABASE_URL was not set.',
    run_id: RUN_ID,
    status: 'completed',
    error: null,
    session_key: 'deployments',
    usage: { input_tokens: 1834, output_tokens: 212, iterations: 3, calls: 3, cost_usd: 0.0087 },
    finished_at: '2026-03-01T09:30:24.000Z',
    summary: SUMMARY,
    metadata: METADATA,
  },
  QuestionBody: {
    run_id: RUN_ID,
    status: 'input_required',
    question: {
      id: 'publish',
      question: 'Publish the post-mortem?',
      status: 'open',
      choices: ['approve', 'refuse'],
      asked_at: '2026-03-01T09:30:24.000Z',
      deadline: '2026-03-04T09:30:24.000Z',
      default: 'refuse',
      link: 'https://agents.example.com/answers/eyJydW5JZCI6InJ1bi00eDdxIn0.q1w2e3r4t5y6u7i8o9p0q1w2e3r4t5y6u7i8o9p0q1w',
    },
    session_key: 'deployments',
    summary: SUMMARY,
    metadata: METADATA,
    links: {
      self: `https://agents.example.com/v1/runs/${RUN_ID}`,
      input: `https://agents.example.com/v1/runs/${RUN_ID}/input`,
    },
  },
  EventAnswer: { ignored: 'action does not match the filter' },
} as const satisfies {
  readonly Task: { readonly text: TaskRequest['text']; readonly [field: string]: JsonObject | string };
  readonly InvokeTask: { readonly [field: string]: JsonObject | string };
  readonly Progress: { readonly progress: string; readonly percent: number };
  readonly Completion: { readonly output: string; readonly usage: { readonly output_tokens: number } };
  readonly RedeliverRequest: { readonly callback_url: string };
  readonly InputRequest: InputRequest;
  readonly AcceptedRun: RunResource;
  readonly Run: RunResource;
  readonly RunList: DeepReadonly<RunList>;
  readonly Session: DeepReadonly<SessionResource>;
  readonly CallbackBody: CallbackBody;
  readonly QuestionBody: QuestionBody;
  readonly EventAnswer: { readonly ignored: string };
};

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
