import { MAX_ANSWER, MAX_COMMENT, MAX_NAME } from '../../contract/question.ts';
import type { ProblemCode } from '../problems.ts';
import { OPEN, problemResponses } from './components.ts';
import type { JsonObject } from './schemas.ts';

const TOKEN: JsonObject = {
  name: 'token',
  in: 'path',
  required: true,
  description: 'The last part of the link, as `link` of a question shows it. It is the key to this one question.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,2048}\\.[A-Za-z0-9_-]{43}$' },
  example: 'eyJydW5JZCI6InJ1bi00eDdxIn0.q1w2e3r4t5y6u7i8o9p0q1w2e3r4t5y6u7i8o9p0q1w',
};

const HTML: JsonObject = { 'text/html': { schema: { type: 'string' } } };

function page(description: string): JsonObject {
  return { description, content: HTML };
}

/** Problems, which a browser gets as a page. */
function problems(codes: readonly ProblemCode[]): JsonObject {
  const answers = Object.entries(problemResponses(codes)) as [string, { readonly content: JsonObject }][];
  return Object.fromEntries(
    answers.map(([status, answer]) => [status, { ...answer, content: { ...answer.content, ...HTML } }]),
  );
}

const REFUSED = [
  ...(['not_found', 'link_over', 'temporal_unavailable'] as const),
  ...(['temporal_not_set_up', 'payload_unreadable'] as const),
] satisfies ProblemCode[];

/** `/answers/{token}`. */
export function answerPaths(): JsonObject {
  return {
    '/answers/{token}': {
      parameters: [TOKEN],
      get: {
        operationId: 'showQuestion',
        summary: 'The page of a question',
        description: 'For a person in a browser, without a key. It decides nothing, however often it is read.',
        tags: ['Runs'],
        security: OPEN,
        responses: { '200': page('The question with a form, or who answered it and when.'), ...problems(REFUSED) },
      },
      post: {
        operationId: 'answerByLink',
        summary: 'Answer a question by its link',
        description: 'What the form of the page sends. The first answer counts.',
        tags: ['Runs'],
        security: OPEN,
        requestBody: {
          required: true,
          content: {
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                required: ['answer'],
                properties: {
                  answer: { type: 'string', minLength: 1, maxLength: MAX_ANSWER, pattern: '\\S' },
                  by: { type: 'string', maxLength: MAX_NAME },
                  comment: { type: 'string', maxLength: MAX_COMMENT },
                },
              },
              example: { answer: 'approve', by: 'Ann' },
            },
          },
        },
        responses: {
          '200': page('The answer counts.'),
          '409': page('Somebody else answered before: who and when.'),
          '422': page('The answer does not fit: the form again.'),
          ...problems([...REFUSED, ...(['body_too_large', 'unsupported_media_type', 'worker_unavailable'] as const)]),
        },
      },
    },
  };
}
