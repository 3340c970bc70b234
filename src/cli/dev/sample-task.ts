import type { Config } from '../../config/config.ts';
import type { TaskBody } from '../api-client.ts';

/** A first task that the client may send: on behalf of a permitted user where it may not be anybody's. */
export function sampleTask(client: Pick<Config['clients'][number], 'allowedUserIds'> | undefined): TaskBody {
  const [user] = client?.allowedUserIds ?? [];
  return { text: 'Summarise why deployment 4312 failed', ...(user !== undefined && { user_id: user }) };
}
