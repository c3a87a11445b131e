import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Function, Line, Location, Profile, Sample, StringTable, ValueType } from 'pprof-format';

/** Where code stands, as V8 says it: lines count from 0, and -1 is none. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export interface PprofOptions {
  /** Name and unit of each value of a sample; the last one is shown first. */
  readonly values: readonly (readonly [type: string, unit: string])[];
  readonly period: readonly [type: string, unit: string, every: number];
  /** Milliseconds since the epoch, and how long it took. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Builds a profile in the format of pprof (google/pprof, proto/profile.proto). */
export class PprofBuilder {
  readonly #strings = new StringTable();
  readonly #profile: Profile;
  readonly #functions = new Map<string, number>();
  readonly #locations = new Map<string, number>();

  constructor({ values, period: [type, unit, every], startedAt, durationMs }: PprofOptions) {
    const valueType = (name: string, of: string): ValueType =>
      new ValueType({ type: this.#strings.dedup(name), unit: this.#strings.dedup(of) });
    this.#profile = new Profile({
      stringTable: this.#strings,
      sampleType: values.map(([name, of]) => valueType(name, of)),
      periodType: valueType(type, unit),
      period: every,
      timeNanos: BigInt(Math.round(startedAt)) * 1_000_000n,
      durationNanos: Math.round(durationMs * 1e6),
    });
  }

  /** A stack from its innermost frame outwards. */
  add(stack: readonly CallFrame[], values: readonly number[]): void {
    const locationId = stack.map((frame) => this.#location(frame));
    this.#profile.sample.push(new Sample({ locationId, value: [...values] }));
  }

  /** Gzip, as the format asks for; encoded off the main loop's turn where it is large. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return Uint8Array.from(await promisify(gzip)(await this.#profile.encodeAsync()));
  }

  #location(frame: CallFrame): number {
    const line = frame.lineNumber + 1;
    const functionId = this.#function(frame);
    const key = `${functionId}:${line}`;
    let id = this.#locations.get(key);
    if (id === undefined) {
      id = this.#locations.size + 1;
      this.#locations.set(key, id);
      this.#profile.location.push(new Location({ id, line: [new Line({ functionId, line })] }));
    }
    return id;
  }

  #function({ functionName, url, lineNumber }: CallFrame): number {
    const name = functionName === '' ? '(anonymous)' : functionName;
    const key = `${name} ${url} ${lineNumber}`;
    let id = this.#functions.get(key);
    if (id === undefined) {
      id = this.#functions.size + 1;
      this.#functions.set(key, id);
      const named = this.#strings.dedup(name);
      this.#profile.function.push(
        new Function({
          id,
          name: named,
          systemName: named,
          filename: this.#strings.dedup(url.replace(/^file:\/\//, '')),
          startLine: Math.max(0, lineNumber + 1),
        }),
      );
    }
    return id;
  }
}
