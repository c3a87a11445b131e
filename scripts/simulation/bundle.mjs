// Bundles the simulation with the built package into one file, so that plain Node can run it and so that a line of it
// can be planted with a fault without touching dist.
// @ts-check
import { join, relative, resolve, dirname, isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @typedef {typeof import('../../test/simulation/entry.ts')} Simulation
 */

/**
 * @param {string} file the file that is written
 * @param {(file: string, text: string) => string} [change] of files of dist, named relative to it
 * @returns {Promise<Simulation>}
 */
export async function bundleSimulation(file, change = (_, text) => text) {
  const build = await rolldown({
    cwd: root,
    input: join(root, 'test/simulation/entry.ts'),
    platform: 'node',
    external: (id) => !/^[./]|^[A-Za-z]:[\\/]/.test(id),
    checks: { ineffectiveDynamicImport: false },
    plugins: [
      {
        name: 'dist for src',
        resolveId(specifier, importer) {
          if (importer === undefined || !specifier.endsWith('.ts')) return null;
          const inside = relative(join(root, 'src'), resolve(dirname(importer), specifier));
          if (inside.startsWith('..') || isAbsolute(inside)) return null;
          return join(root, 'dist', inside.replace(/\.ts$/, '.js'));
        },
        transform: (text, id) => change(relative(join(root, 'dist'), id).replaceAll('\\', '/'), text),
      },
    ],
  });
  try {
    await build.write({ file, format: 'esm', codeSplitting: false });
  } finally {
    await build.close();
  }
  return import(pathToFileURL(file).href);
}
