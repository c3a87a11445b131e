/** What stands where a secret was. */
export const hidden = '***';

/**
 * Hides the passwords of URLs in a text; also where several hosts stand in one, or a slash in the password, which `URL`
 * cannot parse. A number up to a slash is a port.
 */
export function maskUrl(text: string): string {
  if (!text.includes('@') && !text.includes('=')) return text;
  return text
    .replaceAll(/(\/\/|,)([^:@/,?#\s]*):(?!\d{1,5}[/?#])\S*@/g, `$1$2:${hidden}@`)
    .replaceAll(/([?&][\w-]*(?:password|passwd|secret|token|apikey|api_key)=)[^&#\s]*/gi, `$1${hidden}`);
}

/** The words of a command line without the values of secrets: `--token x`, `--token=x`, passwords in URLs. */
export function maskArguments(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const [, flag] = /^--?([\w-]+)=/.exec(word) ?? [];
    if (flag !== undefined && isSecretName(flag)) return `${word.slice(0, word.indexOf('=') + 1)}${hidden}`;
    const [, before] = /^--?([\w-]+)$/.exec(words[i - 1] ?? '') ?? [];
    return before !== undefined && isSecretName(before) ? hidden : maskUrl(word);
  });
}

/** True for names whose values are secrets: `authorization`, `dbPassword`, `api-key`. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

const secretName =
  /(?:^|[-_.]|\b)(?:authorization|cookie|token|passw(?:or)?d|passphrase|secret|api[-_]?key)s?$|(?:Token|Password|Secret|ApiKey)s?$/i;
