import { OnejobError } from '../job/errors.ts';
import { checkStorable } from '../std/json.ts';

export interface StoredTextOptions {
  readonly maxBytes: number;
  /** The code where only the size is at fault: of a value that a caller sent, not one that code made. */
  readonly ifTooLarge?: 'VALUE_REJECTED' | 'PAYLOAD_TOO_LARGE';
}

/**
 * The JSON text of a value, null for undefined; `what` names the value in the sentence that refuses it. Whatever is
 * stored as a value passes here.
 *
 * @throws VALUE_REJECTED, PAYLOAD_TOO_LARGE
 */
export function storedText(value: unknown, what: string, { maxBytes, ifTooLarge }: StoredTextOptions): string | null {
  const check = checkStorable(value, { maxBytes });
  if (check.ok) return check.text ?? null;
  const where = check.path ? ` (at ${check.path})` : '';
  const code = check.tooLarge && ifTooLarge ? ifTooLarge : 'VALUE_REJECTED';
  throw new OnejobError(code, `${what} cannot be stored${where}: ${check.why}`);
}
