import { parseInstant } from '../../std/instant.ts';
import { usage } from './flag.ts';

/** The instant that a flag names, see `parseInstant`. @throws USAGE */
export function readInstant(text: string, now: number, typed: string, direction: 'ago' | 'ahead' = 'ago'): number {
  try {
    return parseInstant(text, now, direction);
  } catch (cause) {
    return usage(`${typed}: ${(cause as Error).message}`);
  }
}
