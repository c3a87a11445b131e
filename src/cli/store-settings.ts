import type { LoadedConfig } from '../app/config/config.ts';
import type { Call } from './call.ts';
import { loadSettings, refuseUrl } from './settings.ts';

/** The settings of a command that works on a store. @throws CONFIG_INVALID, or USAGE where a job's field was meant */
export async function loadStoreSettings(call: Call): Promise<LoadedConfig> {
  try {
    const config = await loadSettings(call.flags);
    refuseUrl(call.command, config);
    return config;
  } catch (error) {
    if (call.behind.length === 0) throw error;
    const { betterError } = await import('./shared-flags.ts');
    throw await betterError(call, error);
  }
}
