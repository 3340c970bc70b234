#!/usr/bin/env node
import type { CliIo } from './cli-io.ts';
import { runProgram } from './program.ts';

const io = processIo();
process.exitCode = await runProgram(process.argv.slice(2), io);
// A terminal that is being read would keep an interrupted process alive.
if (io.interrupted.aborted) process.exit();

/**
 * The streams and signals of this process. The first Ctrl-C or SIGTERM asks the command to end, the second ends it.
 *
 * SIGPIPE is absent: Node ignores it, and a reader that goes away (`| head`) shows as an error of stdout.
 */
function processIo(): CliIo {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(130);
      interrupt.abort();
    });
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  // Results still go to stdout when nobody reads progress and errors any more.
  process.stderr.on('error', () => undefined);
  const { stdin, stdout, stderr, env } = process;
  return { stdin, stdout, stderr, env, cwd: process.cwd(), interrupted: interrupt.signal, exit: 'ok' };
}
