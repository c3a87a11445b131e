import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { createJiti, Jiti } from 'jiti';

/**
 * Imports a module through jiti: TypeScript with all its syntax, whatever `type` the package.json beside it says.
 * `onejob` is this very package, wherever the file lies.
 */
export async function importByJiti(file: string, cacheDir: string | undefined): Promise<Record<string, unknown>> {
  return await instance(cacheDir).import<Record<string, unknown>>(file);
}

/** One for each cache: an instance knows which modules it has loaded, so that files share what they both import. */
const instances = new Map<string | undefined, Jiti>();

function instance(cacheDir: string | undefined): Jiti {
  let jiti = instances.get(cacheDir);
  if (!jiti) {
    // Not `import`: scanning jiti's one large file for names to export takes Node longer (16 ms) than running it.
    const create = (createRequire(import.meta.url)('jiti') as { createJiti: typeof createJiti }).createJiti;
    jiti = create(import.meta.url, { alias: ownDoors(), fsCache: prepareCache(cacheDir) });
    instances.set(cacheDir, jiti);
  }
  return jiti;
}

/**
 * `onejob`, `onejob/cli` … and the files that they are in the copy that runs: that of package.json is bundled, that of
 * our own tests is not, and its doors lie beside their types.
 */
function ownDoors(): Record<string, string> {
  const here = dirname(fileURLToPath(import.meta.url));
  const root = dirname(dirname(here));
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    exports: Record<string, string | { types: string; default: string }>;
  };
  const doors = Object.entries(exports).map(([path, target]) => {
    const door = join(root, typeof target === 'string' ? target : target.default);
    const isOther = typeof target !== 'string' && dirname(door) !== here;
    return [join(name, path), isOther ? join(root, target.types.replace(/\.d\.ts$/, '.js')) : door];
  });
  return Object.fromEntries(doors) as Record<string, string>;
}

/**
 * A transform takes 100 ms and more for the first file, so it is kept. Not in the system's folder for temporary files,
 * jiti's own choice: there another user could put code under a name we would run.
 */
function prepareCache(dir: string | undefined): string | false {
  if (dir === undefined) return false;
  try {
    if (mkdirSync(dir, { recursive: true }) !== undefined) writeFileSync(join(dir, '.gitignore'), '*\n');
    return dir;
  } catch {
    return false; // a read-only project only starts more slowly
  }
}
