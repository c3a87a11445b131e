/** True for a place that means more than one path: `jobs/*.job.ts`, `src/{a,b}/jobs`. */
export function isPattern(place: string): boolean {
  return /[*?{]/.test(place);
}

/** The leading folders without a wildcard, where the walk begins, and the rest. */
export function splitPattern(pattern: string): { base: string; rest: string } {
  const parts = pattern.split('/');
  const index = parts.findIndex(isPattern);
  return {
    base: parts.slice(0, index).join('/') || (pattern.startsWith('/') ? '/' : '.'),
    rest: parts.slice(index).join('/'),
  };
}

/**
 * A regular expression for paths with forward slashes. `*` and `?` stay inside one name, `**` crosses folders,
 * `{a,b}` is either.
 */
export function patternToRegExp(pattern: string): RegExp {
  let source = '';
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? '';
    if (pattern.startsWith('**/', i)) [source, i] = [`${source}(?:[^/]+/)*`, i + 2];
    else if (pattern.startsWith('**', i)) [source, i] = [`${source}.*`, i + 1];
    else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '{' && pattern.includes('}', i)) [source, depth] = [`${source}(?:`, depth + 1];
    else if (char === '}' && depth > 0) [source, depth] = [`${source})`, depth - 1];
    else if (char === ',' && depth > 0) source += '|';
    else source += char.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`);
}
