import { FAILURE_CLASSES, FAILURES, type FailureType } from '../../src/contract/failures.ts';
import { type ProblemCode, problemRetryAfter, PROBLEMS } from '../../src/protocol/problems.ts';
import { markdownTable } from './markdown-table.ts';

/** Callback failures that end the schedule, at least for some addresses. */
const ENDS: Partial<Record<FailureType, string>> = {
  CallbackRefused: 'not retried, unless the address may change with DNS',
  CallbackStopped: 'not retried until somebody redelivers',
  CallbackUndeliverable: 'not retried',
};

/** The page `docs/problems.md`: every code that an answer or a run can carry. */
export function renderProblemsPage(): string {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  const sorted = codes.toSorted((one, other) => PROBLEMS[one].status - PROBLEMS[other].status);
  const problems = sorted.map((code) => {
    const { status, title, meaning, fix } = PROBLEMS[code];
    const wait = problemRetryAfter(code);
    return [
      `\`${code}\``,
      String(status),
      `**${title}.** ${meaning}`,
      wait === undefined ? fix : `${fix} (\`Retry-After: ${wait}\`)`,
    ];
  });
  const failures = Object.entries(FAILURES).map(([code, entry]) => [
    `\`${code}\``,
    ENDS[code as FailureType] ?? FAILURE_CLASSES[entry.class].retried,
    entry.meaning,
    entry.fix,
  ]);
  return `<!-- Written by scripts/write-docs.ts from src/protocol/problems.ts and src/contract/failures.ts: change it there. -->

# Problems

There are two kinds of codes. A **problem** says why the server refused a request. A **failure** says why a run has no answer,
or why its callback did not arrive. Codes are stable; their wording is not.

## Problems of a request

Errors are \`application/problem+json\` (RFC 9457):

\`\`\`json
{
  "type": "/problems/invalid_parameter",
  "title": "A parameter is not valid",
  "status": 422,
  "code": "invalid_parameter",
  "detail": "limit: must be a whole number from 1 to 100.",
  "request_id": "0e2c9f3a-7d4b-4a56-8b0e-5a3f7b1c9d10",
  "errors": [{ "field": "limit", "message": "must be a whole number from 1 to 100" }]
}
\`\`\`

\`errors\` is present where a request has several parts that can be wrong. \`request_id\` finds the request in the server's log.
The path in \`type\` serves the matching row of the table below.

${markdownTable(['code', 'status', 'meaning', 'fix'], problems)}

## Failures of a run

A run and its callback carry the code in \`error.code\`; the Temporal UI shows it as the type of the failure. "What happens next" says
whether Temporal retries by itself.

${markdownTable(['code', 'what happens next', 'meaning', 'fix'], failures)}
`;
}
