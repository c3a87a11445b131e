// The simulation as a program: `npm run simulate -- [--seeds N] [--from S] [--trace]`.
// @ts-check
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { bundleSimulation } from './simulation/bundle.mjs';

const folder = new URL('../.build/simulation/', import.meta.url);
await build();
await bundleSimulation(fileURLToPath(folder));
await import(new URL('main.mjs', folder).href);
