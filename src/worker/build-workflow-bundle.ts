/** Program of `npm run build`: writes the workflow bundle where the worker looks for it. */
import { writeFileSync } from 'node:fs';
import { BUNDLE_PATH, bundleWorkflows } from './workflow-bundle.ts';

writeFileSync(BUNDLE_PATH, await bundleWorkflows());
