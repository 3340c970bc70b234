/** Program of `npm run build`: copies what the page of the API loads, and its licence, beside the built code. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { COPIES_FOLDER, LIBRARY_FILES, packagedFile } from './assets.ts';

mkdirSync(COPIES_FOLDER, { recursive: true });
for (const name of [...LIBRARY_FILES, 'LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt']) {
  copyFileSync(packagedFile(name), `${COPIES_FOLDER}${name}`);
}
