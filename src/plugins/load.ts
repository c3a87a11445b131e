import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface LoadOptions {
  /** Where transformed TypeScript is kept between starts; left out, it is transformed anew each time. */
  readonly cacheDir?: string;
}

/** Endings of files that can be loaded. */
export const moduleEndings: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

/**
 * Loads one JavaScript or TypeScript module, by Node itself where Node can: its own errors are the clearest and it is
 * the fastest. Otherwise, and after an error that says only that Node cannot read the file, by jiti.
 *
 * @throws what the module threw, or why it could not be read; `problemOf` finds the line
 */
export async function loadModule(file: string, options: LoadOptions = {}): Promise<Record<string, unknown>> {
  if ((isTypeScript(file) && !stripsTypes) || isMislabelled(file)) return await loadByJiti(file, options);
  hushTypeless();
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    if (!mayBeReadByJiti(file, error)) throw error;
    return await loadByJiti(file, options);
  }
}

/** Node 22.18 and later read TypeScript themselves; the types of Node 20 do not know the field yet. */
const stripsTypes = Boolean((process.features as { typescript?: false | string }).typescript);

let isHushed = false;

/**
 * Where package.json has no `type`, as `npm install` creates it, Node writes four lines of warning at every start. It
 * reads the file nevertheless, and there is nothing wrong with it.
 */
function hushTypeless(): void {
  if (isHushed) return;
  isHushed = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    const [, options] = args;
    const code = typeof options === 'object' ? options && 'code' in options && options.code : args[2];
    if (code !== 'MODULE_TYPELESS_PACKAGE_JSON') emit(...args);
  };
}

/** jiti costs 14 ms before it reads anything, so it is loaded only here. */
async function loadByJiti(file: string, options: LoadOptions): Promise<Record<string, unknown>> {
  const { importByJiti } = await import('./jiti.ts');
  return await importByJiti(file, options.cacheDir);
}

/**
 * True for errors raised before any line of the module has run (or it would run twice), where jiti either succeeds or
 * knows the line.
 */
function mayBeReadByJiti(file: string, error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (readFailures.has((error as { code?: string }).code ?? '')) return true;
  if (!(error instanceof SyntaxError) || hasRun(error)) return false;
  // In JavaScript a missing export is the author's mistake, and jiti would hand over `undefined`. In TypeScript it may
  // be a type that was imported without the word `type`, which only a transformer can know.
  return isTypeScript(file) || !/does not provide an export|Named export .* not found/.test(error.message);
}

const readFailures = new Set([
  'ERR_MODULE_NOT_FOUND', // `onejob` itself where nobody installed it; './x' or './x.js' for x.ts
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNKNOWN_FILE_EXTENSION', // a .js file that imports a .ts file, on a Node that does not strip types
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', // enum and namespace
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_REQUIRE_ESM',
]);

/**
 * True for a module in a folder whose package.json says `"type": "commonjs"`, as `npm init` writes it. Node refuses it,
 * and warns on standard error before it does, so it is not asked.
 */
function isMislabelled(file: string): boolean {
  if (extname(file).startsWith('.m') || packageType(dirname(file)) !== 'commonjs') return false;
  return /^(?:import|export)\b/m.test(read(file));
}

const packageTypes = new Map<string, unknown>();

/** `type` of the nearest package.json, by folder. */
function packageType(folder: string): unknown {
  if (!packageTypes.has(folder)) packageTypes.set(folder, readPackageType(folder));
  return packageTypes.get(folder);
}

function readPackageType(folder: string): unknown {
  const text = read(join(folder, 'package.json'));
  if (text === '') return dirname(folder) === folder ? undefined : packageType(dirname(folder));
  try {
    return (JSON.parse(text) as { type?: unknown }).type;
  } catch {
    return undefined; // Node will say what is wrong with it
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A SyntaxError may come from running code: `JSON.parse` at the top of a file. Its stack then has a frame of that file. */
function hasRun(error: Error): boolean {
  const [inner = ''] = (error.stack ?? '').split(import.meta.url); // below it stands whoever called us
  return /^ {4}at (?:.* \()?file:/m.test(inner.slice(0, inner.lastIndexOf('\n') + 1));
}

function isTypeScript(file: string): boolean {
  return extname(file).endsWith('ts');
}
