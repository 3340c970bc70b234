/** What the worker serves. */
export { nightlyReport } from './nightly-report.js';
export { panel } from './panel.js';
export { publish } from './publish.js';
export { twoSteps } from './two-steps.js';
export { untilGood } from './until-good.js';
