/** Last step of `npm run build`: the workflow bundle, and the files that the compiler does not copy. */
import { cpSync, writeFileSync } from 'node:fs';
import { BUNDLE_PATH, bundleWorkflows } from './workflow-bundle.ts';

const GO_MODULE = 'cli/temporal-server/go-module';

writeFileSync(BUNDLE_PATH, await bundleWorkflows());
// From the project's folder, where the build runs, to wherever it was built.
cpSync(`src/${GO_MODULE}`, new URL(`../${GO_MODULE}`, import.meta.url), { recursive: true });
