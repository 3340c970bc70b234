import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { startRealGarudust } from '../support/real-garudust.ts';
import { testThroughTheStack } from './through-the-stack.ts';

const binary = process.env['GARUDUST_SERVER_PATH'];
testThroughTheStack('the fake Garudust', startFakeGarudust, binary === undefined ? 'one' : 'all');
// That it is missing is said by test/conformance/garudust-agent.test.ts.
if (binary !== undefined) {
  testThroughTheStack('the real Garudust', (options) => startRealGarudust(binary, options), 'all');
}
