/** A name of letters, digits and hyphens, as `Headers` takes it; also where types do not hold. */
export function isHeaderName(name: unknown): name is string {
  return typeof name === 'string' && /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name);
}

/** One line, which a request or an answer can carry. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && !/[^\t\P{Cc}]/u.test(value);
}
