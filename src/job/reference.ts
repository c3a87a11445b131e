/** The part of a job that others need to name it. It breaks the circle job → context → step → job. */
export interface JobReference<in Input = never, Output = unknown> {
  readonly [jobBrand]: true;
  readonly name: string;
  /** Only for the compiler: carries the types of input and output to callers. */
  readonly [jobTypes]?: { readonly input: (input: Input) => void; readonly output: Output };
}

/** Marks the jobs of every loaded copy of onejob. */
export const jobBrand: unique symbol = Symbol.for('onejob.job') as never;
declare const jobTypes: unique symbol;

/** What callers give to a job. For a job that is only named, where the definition is not known, it is anything. */
export type InputOf<J> = J extends { readonly [jobTypes]?: { readonly input: (input: infer Input) => void } }
  ? [Input] extends [never]
    ? unknown
    : Input
  : unknown;

/** What callers get from a job: the JSON form of what it returned. */
export type OutputOf<J> = J extends { readonly [jobTypes]?: { readonly output: infer Output } } ? Output : unknown;
