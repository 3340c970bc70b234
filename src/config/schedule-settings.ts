import { z } from 'zod';
import { postUrl } from '../settings/addresses.ts';
import { BadValue, type Kind } from '../settings/kind.ts';
import { duration } from '../settings/quantities.ts';
import { optionalSetting, setting } from '../settings/setting.ts';
import { matching, name, oneOf, sessionKey, userId } from '../settings/texts.ts';

const MAX_TEXT = 100_000;

/** Part of each run's id, which has to fit into the list of the Temporal UI. */
export const SCHEDULE_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

export const SCHEDULE_NAME_FIX = 'use up to 40 lower-case letters, digits or dashes';

/** The form alone: what the fields mean is Temporal's to say. */
const cron = matching({
  noun: 'cron expression',
  pattern: /^(?:@(?:yearly|monthly|weekly|daily|hourly)|[\w*/,?#-]+(?: +[\w*/,?#-]+){4,6})$/,
  fix: 'write five fields such as "0 3 * * 1-5" (minute, hour, day, month, day of the week), or @daily',
});

/** An IANA time zone, as https://www.iana.org/time-zones names it. */
const timeZone: Kind<string> = {
  accepts: 'time zone',
  read(value) {
    try {
      if (typeof value === 'string')
        return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
    } catch {
      // Said below.
    }
    throw new BadValue('is not a time zone: write a name such as Europe/Berlin or UTC');
  },
  show: (value) => value,
};

const taskText: Kind<string> = {
  accepts: 'text',
  read(value) {
    if (typeof value !== 'string' || value.trim() === '')
      throw new BadValue('is not text: say what the agent should do');
    if (value.length > MAX_TEXT) throw new BadValue(`is longer than ${MAX_TEXT} characters: shorten it`, 'the text');
    return value;
  },
  show: (value) => value,
};

/** One task that Temporal starts again and again. */
export const schedule = z.strictObject({
  cron: optionalSetting(cron, {
    defaultText: 'none: set `cron` or `every`',
    help: 'When a run starts, as a cron expression. Day of the month and day of the week must both match.',
  }),
  every: optionalSetting(duration({ min: '1m', max: '365d' }), {
    defaultText: 'none: set `cron` or `every`',
    help: 'How often a run starts, counted from midnight of 1 January 1970 UTC.',
  }),
  time_zone: setting(timeZone, {
    default: 'UTC',
    help: 'Time zone of `cron`, by its IANA name. A time that a change of the clocks leaves out starts no run.',
  }),
  text: setting(taskText, { help: 'What the agent should do.' }),
  client: optionalSetting(name, {
    defaultText: 'the first client',
    help: 'Client whose runs they are: its API key reads them, and its secret signs their callbacks.',
  }),
  agent: optionalSetting(name, {
    defaultText: "the client's default agent",
    help: 'Agent that runs the task.',
  }),
  workflow: optionalSetting(name, {
    defaultText: 'none: the agent runs the task',
    help: 'Workflow that runs instead of an agent. It is given the text.',
  }),
  session_key: optionalSetting(sessionKey, {
    defaultText: 'none: each run has a conversation of its own',
    help: 'Conversation that all runs of the schedule share.',
  }),
  user_id: optionalSetting(userId, { defaultText: 'none', help: 'User on whose behalf the task runs.' }),
  callback_url: optionalSetting(postUrl, {
    secret: true,
    defaultText: 'none: poll the runs',
    help: 'Where the outcome of each run is posted.',
  }),
  overlap: optionalSetting(oneOf(['skip', 'buffer_one', 'allow_all']), {
    defaultText: '`skip`; with `callback_url` `allow_all`, because a run stays open until its callback is delivered',
    help: 'What happens when a run is due while an earlier one is open: none starts, one starts afterwards, or both run.',
  }),
  catch_up: setting(duration({ min: '10s', max: '365d' }), {
    default: '1m',
    help: 'A run that was due while Temporal was down starts late by this much at most; older ones never start.',
  }),
});
