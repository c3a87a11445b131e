#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/bundle/launch.js', import.meta.url);

// A clean clone has no dist; Node's own message would name a file that the reader cannot know.
if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write('onejob is not built yet: run `npm run build` in its folder first.\n');
  process.exitCode = 2;
}
