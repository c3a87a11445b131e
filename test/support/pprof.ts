import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';

/** What a profile says, read strictly by proto/profile.proto of google/pprof. */
export interface ReadProfile {
  /** `samples/count cpu/nanoseconds` */
  readonly types: string;
  readonly durationMs: number;
  /** Function names from the innermost frame outwards, with their values. */
  readonly samples: readonly { readonly stack: readonly string[]; readonly values: readonly number[] }[];
}

/** @throws Error for whatever the format forbids: references to nothing, values that fit no type */
export function readPprof(bytes: Uint8Array): ReadProfile {
  const profile = Profile.decode(gunzipSync(bytes));
  const { strings } = profile.stringTable;
  if (strings[0] !== '') throw new Error('the first text must be empty');
  const text = (index: number | bigint): string => found(strings[Number(index)], `text ${index}`);
  const functions = new Map(profile.function.map((each) => [Number(each.id), text(each.name)]));
  const locations = new Map(
    profile.location.map(({ id, line }) => {
      if (Number(id) === 0) throw new Error('a location without id');
      return [
        Number(id),
        line.map(({ functionId }) => found(functions.get(Number(functionId)), `function ${functionId}`)),
      ];
    }),
  );
  if (locations.size !== profile.location.length) throw new Error('two locations have one id');
  const types = profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`);
  const samples = profile.sample.map(({ locationId, value }) => {
    if (value.length !== types.length) throw new Error(`${value.length} values for ${types.length} types`);
    const stack = locationId.flatMap((id) => found(locations.get(Number(id)), `location ${id}`));
    return { stack, values: value.map(Number) };
  });
  if (!profile.periodType) throw new Error('no period');
  return { types: types.join(' '), durationMs: Number(profile.durationNanos) / 1e6, samples };
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not there`);
  return value;
}
