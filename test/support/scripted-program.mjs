/**
 * A program that does what its task says: `node scripted-program.mjs [ARG…]`, the task on standard input, or as the last argument
 * after `--`. Its words as errors hold `CANARY`.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const CANARY = 'canary-of-the-program';
const dashes = process.argv.indexOf('--');
const task = dashes === -1 ? readFileSync(0, 'utf8') : (process.argv[dashes + 1] ?? '');
const [verb, argument] = task.split(' ');
const forever = () => setInterval(() => undefined, 1000);

process.stderr.write(`${CANARY}: working on it\n`);
switch (verb) {
  case 'say':
    process.stdout.write(`${task.slice(4)}\n`);
    break;
  case 'large':
    process.stdout.write('ü'.repeat(Number(argument) / 2) + 'x'.repeat(Number(argument) % 2));
    break;
  case 'exit':
    process.stdout.write(`${CANARY}: half an answer`);
    process.exitCode = Number(argument);
    break;
  case 'kill':
    process.kill(process.pid, argument);
    forever();
    break;
  case 'empty':
    process.stdout.write('\n');
    break;
  case 'endless': {
    const line = `${CANARY} `.repeat(4096);
    const write = () => {
      while (process.stdout.write(line));
      process.stdout.once('drain', write);
    };
    write();
    break;
  }
  case 'bytes':
    process.stdout.write(Buffer.from(argument, 'hex'));
    break;
  case 'hang':
    forever();
    break;
  case 'stubborn':
    process.on('SIGTERM', () => undefined);
    writeFileSync(argument, String(process.pid));
    forever();
    break;
  case 'fork': {
    // Holds standard output open, and outlives its parent.
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' });
    child.unref();
    writeFileSync(argument, String(child.pid));
    process.stdout.write('forked\n', () => process.exit());
    break;
  }
  case 'fork-and-hang': {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' });
    writeFileSync(argument, `${process.pid} ${child.pid}`);
    break;
  }
  case 'environment':
    process.stdout.write(JSON.stringify(process.env));
    break;
  case 'folder':
    if (argument !== undefined) writeFileSync('note', argument);
    process.stdout.write(process.cwd());
    break;
  case 'arguments':
    process.stdout.write(JSON.stringify(process.argv.slice(2)));
    break;
  default:
    process.stdout.write(`echo: ${task}`);
}
