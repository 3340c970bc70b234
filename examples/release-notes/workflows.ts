import { runAgent } from 'garudust-temporal/workflows';

/** What the workflow is asked. */
export interface Release {
  /** An agent of the worker. */
  readonly agent: string;
  readonly version: string;
  /** One line a change. */
  readonly changes: readonly string[];
}

/** Three tasks for the agent: two at once, and one that needs both answers. */
export async function releaseNotes({ agent, version, changes }: Release): Promise<string> {
  const list = changes.map((change) => `- ${change}`).join('\n');
  const [noticed, risks] = await Promise.all([
    runAgent(`Which of these changes will users notice?\n${list}`, { agent }),
    runAgent(`Which of these changes may break something?\n${list}`, { agent }),
  ]);
  const text = `Write release notes for ${version}.\n\nNoticed: ${noticed.output}\n\nMay break: ${risks.output}`;
  const { output } = await runAgent(text, { agent, id: 'notes' });
  return output;
}
