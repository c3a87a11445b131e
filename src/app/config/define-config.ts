import type { AppOptions } from './options.ts';

/** What `onejob.config.ts` exports: the options of `createApp`, and sections of one's own. */
export interface Config extends AppOptions {
  /** Your own: what stands here is handed to you, and to nobody else, by `section(name)`. */
  [section: string]: unknown;
}

/** Gives the editor the types of the options; returns what it was given. */
export function defineConfig<C extends Config>(config: C): C {
  return config;
}
