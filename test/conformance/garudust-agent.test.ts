import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { startRealGarudust } from '../support/real-garudust.ts';
import { describeGarudust } from './garudust-agent.ts';

describeGarudust('the fake Garudust', startFakeGarudust);

const binary = process.env['GARUDUST_SERVER_PATH'];
if (binary === undefined) {
  reportMissingTool(
    'garudust-server 0.13.8, which `npm run test:garudust` finds or builds',
    'whether the fake Garudust is like the real one',
  );
} else {
  describeGarudust('the real Garudust', (options) => startRealGarudust(binary, options));
}
