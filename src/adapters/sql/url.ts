/** Can this part of a URL be decoded? A `%` that is written bare, as in a password, cannot. */
export function isEscaped(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
