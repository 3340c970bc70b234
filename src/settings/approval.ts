import { z } from 'zod';
import { duration } from './quantities.ts';
import { optionalSetting, setting } from './setting.ts';
import { matching, oneOf, yesOrNo } from './texts.ts';

/** Whether a person approves each task before its agent runs, and how they are asked. */
export const approval = z.strictObject({
  required: setting(yesOrNo, {
    default: false,
    help: 'Ask a person before the agent runs. Until then the run is `input_required`.',
  }),
  question: optionalSetting(
    matching({
      noun: 'question',
      // oxlint-disable-next-line no-control-regex -- control characters are what is refused
      pattern: /^(?=.*\S)[^\u0000-\u001f]{1,1000}$/,
      fix: 'write 1 to 1,000 characters on one line',
    }),
    { defaultText: '`Run this task?`', help: 'What is asked. The task is shown below it.' },
  ),
  timeout: setting(duration({ min: '1s', max: '90d' }), {
    default: '3d',
    help: 'How long the run waits for the answer.',
  }),
  default: setting(oneOf(['approve', 'refuse']), {
    default: 'refuse',
    help: 'What counts when nobody answers in time.',
  }),
});
