/** Program: starts a dev server with the CLI given as its argument, prints the server's process id and stays. */
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';

const [, , cliPath = ''] = process.argv;
const server = await startDevServer({ cliPath, headless: true });
process.stdout.write(`${server.pid}\n`);
await server.exited;
