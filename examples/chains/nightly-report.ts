import { agent, deliverCallback } from 'garudust-temporal/workflows';

const write = agent('writer');

export interface Report {
  readonly topics: readonly string[];
  /** Where the report is posted. Default: nowhere. */
  readonly callback?: string;
}

/** A section per topic, all at once, then the report. A section without an answer does not stop it. */
export async function nightlyReport({ topics, callback }: Report): Promise<string> {
  const ask = async (topic: string, index: number): Promise<string> => {
    const { output } = await write(`What has happened to ${topic} since yesterday?`, { id: `section-${index + 1}` });
    return output;
  };
  const sections = await Promise.allSettled(topics.map(ask));
  const texts = sections.map((section, index) =>
    section.status === 'fulfilled' ? section.value : `No answer about ${topics[index]}.`,
  );
  const report = await write(`Sum this up in five lines:\n\n${texts.join('\n\n')}`, { id: 'report' });
  if (callback !== undefined) await deliverCallback(report, { url: callback });
  return report.output;
}
