import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { App } from '../app/app.ts';
import { OnejobError } from '../job/errors.ts';
import { createHandler } from './handler.ts';

export interface MountOptions {
  /** The service around it asks who calls: no token is needed. */
  insecure?: boolean;
}

/**
 * All that an app answers over HTTP, for any service that speaks web standards, on the port that it has already. The
 * token is that of the app's options. @throws CONFIG_INVALID without a token, unless `insecure` is said
 */
export function httpHandler(
  app: App,
  { insecure = false }: MountOptions = {},
): (request: Request) => Promise<Response> {
  const { token, tokens = [], sameRunId, debug } = app.config.options.http ?? {};
  if (!insecure && token === undefined && tokens.length === 0) {
    throw new OnejobError('CONFIG_INVALID', 'whoever reaches this service could run jobs here without a token', {
      hint: 'give the app http: { token }, or say insecure: true when the service itself asks who calls',
    });
  }
  const options = { sameRunId, debug, showsConfig: debug };
  return createHandler(app, insecure ? options : { ...options, token, tokens });
}

/** A listener for services made of Node's own requests and responses, such as Express. Mount it before body parsers. */
export function nodeListener(
  app: App,
  options: MountOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const listener = getRequestListener(httpHandler(app, options), { overrideGlobalObjects: false });
  return (request, response) => void listener(request, response);
}
