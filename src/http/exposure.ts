import { isIPv4 } from 'node:net';
import type { HttpOptions } from '../app/config/options.ts';
import { OnejobError } from '../job/errors.ts';

/** An address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * Refuses an address that others reach, without a token: whoever reaches the server may run code through it. @throws
 * CONFIG_INVALID (contract EGO-22)
 */
export function refuseExposure(host: string, { token, tokens = [], insecure = false }: HttpOptions): void {
  if ([token, ...tokens.map((each) => each.token)].includes('')) {
    throw new OnejobError('CONFIG_INVALID', 'a token of http is empty: nobody could show it');
  }
  if (isLoopback(host) || token !== undefined || tokens.length > 0 || insecure) return;
  throw new OnejobError('CONFIG_INVALID', `whoever reaches ${host} could run jobs here without a token`, {
    hint: 'give it one with --token or ONEJOB_TOKEN, or say --insecure when something before it asks who calls',
  });
}
