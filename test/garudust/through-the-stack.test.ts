import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { startRealGarudust } from '../support/real-garudust.ts';
import { testThroughTheStack } from './through-the-stack.ts';

testThroughTheStack('the fake Garudust', startFakeGarudust);

const binary = process.env['GARUDUST_SERVER_PATH'];
// That it is missing is said by test/conformance/garudust-agent.test.ts.
if (binary !== undefined) testThroughTheStack('the real Garudust', (options) => startRealGarudust(binary, options));
