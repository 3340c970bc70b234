import { z } from 'zod';
import { listOf } from '../settings/kind.ts';
import { duration, wholeNumber } from '../settings/quantities.ts';
import { optionalSetting, setting } from '../settings/setting.ts';
import { buildId, deploymentName, folderOrNone, moduleName } from '../settings/texts.ts';

const versioning = z.strictObject({
  build_id: optionalSetting(buildId, {
    env: 'WORKER_BUILD_ID',
    defaultText: 'none: versioning is off',
    help: "Build of this worker, such as the tag of its image. It switches Temporal's worker versioning on: a run ends on the build on which it began, and new runs begin on the build that `garudust-temporal deploy promote` names. See [safe deploys](production.md#safe-deploys).",
  }),
  deployment: optionalSetting(deploymentName, {
    env: 'WORKER_DEPLOYMENT',
    defaultText: 'the task queue',
    help: 'Name of the worker deployment that the builds belong to, one per task queue.',
  }),
});

/** The process that runs agents and delivers callbacks. */
export const worker = z.strictObject({
  max_concurrent_activities: setting(wholeNumber({ min: 1, max: 100_000 }), {
    default: 500,
    help: 'Concurrent agent calls and callback attempts in one worker.',
  }),
  shutdown_grace: setting(duration({ min: '0s', max: '24d' }), {
    default: '25s',
    help: 'Time for agent calls in flight to finish when the worker stops; the rest goes to the next worker.',
  }),
  journal_dir: optionalSetting(folderOrNone, {
    env: 'JOURNAL_DIR',
    flag: '--journal-dir',
    devDefault: '.garudust-temporal/journal',
    defaultText: 'one in `$XDG_STATE_HOME`, or in `~/.local/state`',
    help: 'Folder that keeps finished answers until Temporal has recorded them; one worker per folder. Relative to the working directory. `none`: no journal.',
  }),
  plugins: setting(listOf(moduleName, 'modules'), {
    default: [],
    help: 'Plugins of the Temporal SDK (data converters, interceptors, workflows) for the worker and the Temporal clients. Each module exports a plugin, or a function that returns one, as default or as `plugin`. Paths start with `./` or `/`, relative to the working directory.',
  }),
  versioning,
});
