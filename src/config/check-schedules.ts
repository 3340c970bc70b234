import type { Path } from './raw-settings.ts';
import type { Settings } from './schema.ts';

interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** What is wrong with schedules as far as the other settings tell. `isSound`: whether a setting could be read. */
export function checkSchedules(read: Settings, isSound: (...path: Path) => boolean): Finding[] {
  if (!isSound('schedules')) return [];
  return Object.entries(read.schedules).flatMap(([name, schedule]) => {
    const at = (key: string): Path => ['schedules', name, key];
    const findings: Finding[] = [];
    const find = (path: Path, message: string): void => {
      if (isSound(...path)) findings.push({ path, message });
    };
    const isTimed = isSound(...at('cron')) && isSound(...at('every'));
    if (isTimed && (schedule.cron === undefined) === (schedule.every === undefined)) {
      const both = schedule.cron !== undefined;
      find(['schedules', name], both ? 'has both cron and every: keep one' : 'says not when: add cron or every');
    }
    const { client: id, agent, workflow } = schedule;
    if (workflow !== undefined && agent !== undefined) {
      find(at('workflow'), 'cannot be combined with agent: keep one of them');
    } else if (workflow !== undefined && isSound('workflows') && !Object.hasOwn(read.workflows ?? {}, workflow)) {
      find(at('workflow'), `names the workflow "${workflow}", which is not defined: define it under workflows`);
    }
    if (!isSound('clients')) return findings;
    const client = id === undefined ? read.clients[0] : read.clients.find((one) => one.id === id);
    if (client === undefined) {
      const known = read.clients.map((one) => one.id).join(', ');
      find(at('client'), `names the client "${id}", which is not defined: use one of ${known}`);
    } else if (agent !== undefined && isSound('agents') && !Object.hasOwn(read.agents, agent)) {
      const known = Object.keys(read.agents).join(', ');
      find(at('agent'), `names the agent "${agent}", which is not defined: use one of ${known}`);
    } else if (agent !== undefined && client.agents?.includes(agent) === false) {
      find(
        at('agent'),
        `names the agent "${agent}", which the client "${client.id}" may not use: add it to its agents`,
      );
    }
    return findings;
  });
}
