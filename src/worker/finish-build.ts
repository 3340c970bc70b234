/** Last step of `npm run build`: the workflow bundle, and the files that the compiler does not copy. */
import { cpSync, writeFileSync } from 'node:fs';
import { BUNDLE_PATH, bundleWorkflows } from './workflow-bundle.ts';

const GO_MODULE = 'cli/temporal-server/go-module';

writeFileSync(BUNDLE_PATH, await bundleWorkflows());
cpSync(`src/${GO_MODULE}`, `dist/${GO_MODULE}`, { recursive: true });
