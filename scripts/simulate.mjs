// The simulation as a program: `npm run simulate -- [--seeds N] [--from S] [--known] [--trace]`, or `-- --planted`.
// @ts-check
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { bundleSimulation } from './simulation/bundle.mjs';
import { searchPlanted } from './simulation/planted.mjs';

await build();
if (argv.includes('--planted')) await searchPlanted();
else {
  const { main } = await bundleSimulation(fileURLToPath(new URL('../.build/simulation/main.mjs', import.meta.url)));
  await main();
}
