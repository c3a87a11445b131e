import type { OmittedValue, Run } from './run.ts';

/** In a list a larger value is left out, and its size in bytes stands in its place. */
export const largestListed = 16_384;

/** A run in the form of a list: each value is there, or its size is. The stores do the same in SQL. */
export function listedRun(run: Run): Run {
  const omitted: Partial<Record<OmittedValue, number>> = {};
  const sizeOf = (text: string | null): number => (text === null ? 0 : Buffer.byteLength(text));
  const isSmall = (name: OmittedValue, size: number): boolean => {
    if (size > largestListed) omitted[name] = size;
    return size <= largestListed;
  };
  const written = (value: unknown): number => (value === null ? 0 : sizeOf(JSON.stringify(value)));
  const listed = {
    ...run,
    input: isSmall('input', sizeOf(run.input)) ? run.input : null,
    args: isSmall('args', written(run.args)) ? run.args : [],
    request: isSmall('request', written(run.request)) ? run.request : null,
    output: isSmall('output', sizeOf(run.output)) ? run.output : null,
    response: isSmall('response', written(run.response)) ? run.response : null,
    error: isSmall('error', written(run.error)) ? run.error : null,
  };
  return Object.keys(omitted).length > 0 ? { ...listed, omitted } : listed;
}
