import { z } from 'zod';
import { runResource } from './run-resource.ts';

/** A session, as `GET /v1/sessions/:key` shows it. */
export const sessionResource = z.strictObject({
  key: z.string(),
  current: z.string().optional().describe('Id of the run whose turn it is. Absent: the session is idle.'),
  collected: z
    .array(z.string())
    .optional()
    .describe('Ids of the runs that its call of the agent answers too, with the session policy `collect`.'),
  queue: z.array(z.string()).describe('Ids of the runs that wait for their turn, the next one first.'),
  runs: z
    .array(runResource)
    .describe('The last runs of this session key, as `GET /v1/runs` lists them: the open ones first.'),
});
export type SessionResource = z.infer<typeof sessionResource>;
