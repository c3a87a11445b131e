// Bundles the simulation with the built package into one file, so that plain Node can run it and so that a line of it
// can be planted with a fault without touching dist.
// @ts-check
import { join, relative, resolve, dirname, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {string} to the folder that is written
 * @param {(file: string, text: string) => string | undefined} [change] of files of dist, named relative to it
 */
export async function bundleSimulation(to, change) {
  const build = await rolldown({
    cwd: root,
    input: { main: join(root, 'test/simulation/main.ts') },
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
        transform(text, id) {
          return change?.(relative(join(root, 'dist'), id), text) ?? null;
        },
      },
    ],
  });
  try {
    await build.write({ dir: to, format: 'esm', entryFileNames: '[name].mjs', codeSplitting: false });
  } finally {
    await build.close();
  }
}
