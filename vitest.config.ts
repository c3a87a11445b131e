import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ContractTable } from './test/support/contract-table.ts';
import { distPlugin } from './test/support/dist-plugin.ts';

const root = dirname(fileURLToPath(import.meta.url));
const plugins = [distPlugin(root)];
// The built package is loaded by Node itself, as a user's program loads it.
const server = { deps: { external: [/\/dist\//, /\/\.build\//] } };

// A landing does not wait for the one in ten thousand: it is tried once more, and named at the end (decision 0035).
const retry = process.env['CI'] === undefined ? 0 : 1;

export default defineConfig({
  test: {
    globalSetup: './test/support/build-first.ts',
    reporters: ['default', new ContractTable()],
    // The time-outs below end what hangs. A busy machine needs ten times what a quiet one does, and no test should mind.
    projects: [
      {
        plugins,
        test: {
          name: 'unit',
          retry,
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
          server,
        },
      },
      {
        plugins,
        test: {
          name: 'simulation',
          retry: 0, // the same seed gives the same history
          include: ['test/simulation/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
          server,
        },
      },
      {
        plugins,
        test: {
          name: 'adapters',
          retry,
          globalSetup: './test/support/servers-first.ts',
          include: ['test/adapters/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 3, // most of them wait for a disk
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
          server,
        },
      },
      {
        plugins,
        test: {
          name: 'e2e',
          retry,
          globalSetup: './test/support/servers-first.ts',
          include: ['test/e2e/**/*.test.ts', 'test/docs.test.ts'],
          pool: 'forks',
          maxWorkers: 3, // most of them wait for a lease or a server
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
          server,
        },
      },
    ],
  },
});
