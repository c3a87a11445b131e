import { App } from '../app/app.ts';
import type { AppOptions } from '../app/options.ts';
import { httpFace } from './face.ts';

/** Checks the options; opens nothing and starts nothing. @throws CONFIG_INVALID */
export function createApp(options: AppOptions = {}): App {
  const app = new App(options, {});
  app.attach(httpFace(app));
  return app;
}
