import { App } from '../app/app.ts';
import type { AppOptions } from '../app/config/options.ts';
import type { Surroundings } from '../app/config/surroundings.ts';
import { roles } from './roles.ts';

/** Checks the options; opens nothing and starts nothing. @throws CONFIG_INVALID */
export function createApp(options: AppOptions = {}, surroundings: Surroundings = {}): App {
  return new App(options, roles, surroundings);
}
