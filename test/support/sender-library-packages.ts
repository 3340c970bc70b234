import type { NodeTool } from './node-tool.ts';
import type { PythonTool } from './python-tool.ts';

/** Libraries of senders on npm, which would make the installation of this project large. */
export const NPM_LIBRARIES: NodeTool = {
  key: 'sender-libraries-npm-1',
  packages: ['@zoom/rivet@0.4.0', 'google-auth-library@10.9.1', 'whatsapp@0.0.5-Alpha'],
};

/** Libraries of senders on PyPI, whose packages on npm are larger by far. */
export const PYPI_LIBRARIES: PythonTool = {
  key: 'sender-libraries-pypi-1',
  packages: ['hubspot-api-client==12.0.0', 'slack-sdk==3.48.0', 'squareup==46.0.0.20260916'],
};
