/** Whether `Headers` takes this as a name. Code without types may give anything. */
export function isHeaderName(name: unknown): name is string {
  return typeof name === 'string' && /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name);
}

/** Whether this is one line, which a request or an answer can carry. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && !/[^\t\P{Cc}]/u.test(value);
}
