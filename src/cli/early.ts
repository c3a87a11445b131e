import type { LoadedConfig } from '../app/config.ts';
import type { Call, Early } from './call.ts';

/**
 * Loads the settings and begins to open the store before the code of command, app and engine is loaded: SQLite's thread
 * takes as long to start as all that takes to load, and it has a processor of its own (docs/decisions/0012).
 * @throws CONFIG_INVALID for the settings; what is wrong with the store is said where it is first used
 */
export async function openEarly(call: Call): Promise<Early> {
  const config = await loadConfig(call);
  const { store } = config.options;
  if (call.app || typeof store !== 'string' || mayMeanField(call)) return { config, backend: undefined };
  const { openBackend } = await import('../app/backend.ts');
  const backend = openBackend(store);
  await backend.catch(() => undefined); // resolves when the thread is started, not when the file is open
  return { config, backend };
}

async function loadConfig(call: Call): Promise<LoadedConfig> {
  const { loadSettings, refuseUrl } = await import('./settings.ts');
  try {
    const config = await loadSettings(call.given);
    refuseUrl(config);
    return config;
  } catch (error) {
    if (call.behind.length === 0) throw error;
    const { betterError } = await import('./shared-flags.ts');
    throw await betterError(call, error);
  }
}

/** Behind a job's name `--store` may be a field of the job, and then no store is to be touched (CONTRACTS GJ-14). */
function mayMeanField({ behind }: Call): boolean {
  return behind.some(({ flag }) => flag.name === 'store');
}
