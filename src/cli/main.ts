#!/usr/bin/env node
import { processIo } from './process-io.ts';
import { runProgram } from './program.ts';

const io = processIo();
process.exitCode = await runProgram(process.argv.slice(2), io);
// A terminal that was being read from would keep an interrupted process alive.
if (io.interrupted.aborted) process.exit();
