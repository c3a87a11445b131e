import { readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, dirname } from 'node:path';
import type { Plugin } from 'vitest/config';

/**
 * Sends every import of `src/x.ts`, and of `onejob` by name, to the built `dist/x.js`.
 *
 * Worker threads and child processes need real JavaScript. If a test loaded src and its thread loaded dist, the two
 * would hold different copies of every class and of every module's state; this way there is one. What users import,
 * dist/bundle, is tried by the tests that start processes.
 */
export function distPlugin(root: string): Plugin {
  const src = join(root, 'src');
  const doors = readDoors(root);
  return {
    name: 'onejob:dist',
    enforce: 'pre',
    resolveId(specifier, importer) {
      const door = doors.get(specifier);
      if (door !== undefined) return { id: door, external: true };
      if (importer === undefined || !/^[./]/.test(specifier) || !specifier.endsWith('.ts')) return null;
      const target = isAbsolute(specifier) ? specifier : resolve(dirname(importer), specifier);
      const inside = relative(src, target);
      if (inside.startsWith('..') || isAbsolute(inside)) return null;
      return { id: join(root, 'dist', inside.replace(/\.ts$/, '.js')), external: true };
    },
  };
}

/**
 * The subpaths that package.json exports, and what they are before they are bundled: `onejob/cli` →
 * `<root>/dist/cli/main.js`.
 */
function readDoors(root: string): Map<string, string> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    exports: Record<string, string | { types: string }>;
  };
  const doors = new Map<string, string>();
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue;
    doors.set(join(manifest.name, subpath), join(root, target.types.replace(/\.d\.ts$/, '.js')));
  }
  return doors;
}
