#!/usr/bin/env node
// It imports nothing, so that a Node that can't load the rest still says so in one sentence.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 20 || (major === 20 && minor >= 19)) {
  await import('./run-main.ts');
} else {
  process.stderr.write(
    `error: garudust-temporal needs Node 20.19 or later, and this is Node ${process.versions.node}: install a later one (https://nodejs.org).\n`,
  );
  process.exitCode = 2;
}

export {};
