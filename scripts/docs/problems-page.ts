import { FAILURES, type FailureClass } from '../../src/contract/failures.ts';
import { type ProblemCode, problemRetryAfter, PROBLEMS } from '../../src/protocol/problems.ts';
import { markdownTable } from './markdown-table.ts';

const CLASS_WORDS: Readonly<Record<FailureClass, string>> = {
  task: 'final',
  passing: 'tried again',
  agent: 'tried again late, without using up an attempt',
  worker: 'handed to the next worker',
  delivery: "tried again by the callback's schedule",
};

/** The page `docs/problems.md`: every code that an answer or a run can carry. */
export function renderProblemsPage(): string {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  const sorted = codes.toSorted((one, other) => PROBLEMS[one].status - PROBLEMS[other].status);
  const problems = sorted.map((code) => {
    const { status, title, meaning, mend } = PROBLEMS[code];
    const wait = problemRetryAfter(code);
    return [
      `\`${code}\``,
      String(status),
      `**${title}.** ${meaning}`,
      wait === undefined ? mend : `${mend} (\`Retry-After: ${wait}\`)`,
    ];
  });
  const failures = Object.entries(FAILURES).map(([code, entry]) => [
    `\`${code}\``,
    CLASS_WORDS[entry.class],
    entry.meaning,
    entry.mend,
  ]);
  return `<!-- Written by scripts/write-docs.ts from src/protocol/problems.ts and src/contract/failures.ts: change it there. -->

# Problems

Two kinds of codes. A **problem** says why a request was not served. A **failure** says why a run has no answer, or why its
callback did not arrive. Both are stable; their wording is not.

## Problems of a request

An error is answered as \`application/problem+json\` (RFC 9457):

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

\`errors\` is there where a request has several parts to get wrong. \`request_id\` is what the server's log has it under. The
path in \`type\` leads to the row below that it means.

${markdownTable(['code', 'status', 'meaning', 'mend'], problems)}

## Failures of a run

In \`error.code\` of a run and of what its callback gets, and as the type of the failure in the Temporal UI. What happens next: whether Temporal
tries again by itself.

${markdownTable(['code', 'what happens next', 'meaning', 'mend'], failures)}
`;
}
