/** The program, on the streams and signals of this process. `main.ts` imports it once Node is known to be able to. */
import { findCallName } from './called-as.ts';
import type { CliIo } from './cli-io.ts';
import { runProgram } from './program.ts';

const { io, hungUp } = processIo();
process.exitCode = await runProgram(process.argv.slice(2), io);
if (hungUp() && [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)) {
  // Node aborts where it restores the settings of a terminal that is gone, so the process ends as others do by this signal.
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
// A terminal that is being read would keep an interrupted process alive.
if (io.interrupted.aborted) process.exit();

/**
 * The streams and signals of this process. The first Ctrl-C, SIGTERM or SIGHUP asks the command to end; a further Ctrl-C or
 * SIGTERM ends it. A SIGHUP never does: a closed terminal sends it twice, and some supervisors send it beside SIGTERM.
 *
 * SIGPIPE is absent: Node ignores it, and a reader that goes away (`| head`) shows as an error of stdout.
 */
function processIo(): { io: CliIo; hungUp: () => boolean } {
  const interrupt = new AbortController();
  let askedToStop = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (askedToStop) process.exit(130);
      askedToStop = true;
      interrupt.abort();
    });
  }
  let isClosed = false;
  process.on('SIGHUP', () => {
    isClosed = true;
    interrupt.abort();
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A terminal that is closed, or `| tee` that ended with it, must not keep us from ending in order.
    if (interrupt.signal.aborted) return;
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  // Results still go to stdout when nobody reads progress and errors any more.
  process.stderr.on('error', () => undefined);
  const { stdin, stdout, stderr, env } = process;
  const cwd = process.cwd();
  const callName = findCallName({ env, script: process.argv[1], cwd });
  return {
    io: { stdin, stdout, stderr, env, cwd, callName, interrupted: interrupt.signal, exit: 'ok' },
    hungUp: () => isClosed,
  };
}
