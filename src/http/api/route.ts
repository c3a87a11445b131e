import type { App } from '../../app/app.ts';
import type { Right } from '../../app/config/options.ts';
import type { StoreClient } from '../../app/client/store-client.ts';
import { TextAnswer, type AnyAnswer } from '../text-answer.ts';
import type { ApiSchema, Fields, ValueOf, ValuesOf } from './schema.ts';

/**
 * One operation of the API. All that is checked of a request stands in it as schemas, and so does all that it answers:
 * `read-request.ts` and `document.ts` are both made of it.
 */
export interface RouteDefinition<P extends Fields, Q extends Fields, H extends Fields, B extends ApiSchema> {
  readonly method: 'GET' | 'POST';
  /** Below `/api/v1`; parameters in braces. */
  readonly path: string;
  /** Unique, in camel case: what generated clients call it. */
  readonly id: string;
  readonly summary: string;
  readonly right: Right;
  readonly params?: P;
  readonly query?: Q;
  readonly headers?: H;
  readonly body?: { readonly schema: B; readonly required: boolean; readonly description: string };
  /** Limit of a body: 1 MiB, or what the app takes as an input. */
  readonly maxBytes?: (app: App) => number;
  /** The answers by status. Those of errors come from the table of errors. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly handle: (call: Call<P, Q, H, B>) => Promise<AnyAnswer>;
}

export interface Answer {
  readonly description: string;
  /** The body by media type. Left out: there is none. */
  readonly content?: Readonly<Record<string, ApiSchema>>;
  readonly headers?: Fields;
}

/** A request that was checked. */
export interface Call<P extends Fields, Q extends Fields, H extends Fields, B extends ApiSchema> {
  /** The path that was asked for, wherever the API is mounted. */
  readonly path: string;
  readonly params: ValuesOf<P, keyof P>;
  readonly query: ValuesOf<Q>;
  readonly headers: ValuesOf<H>;
  /** The body. Undefined: there was none, and none was needed. */
  readonly body: ValueOf<B> | undefined;
  /** The very text of the body. */
  readonly text: string;
  readonly request: Request;
  /** All headers, as `headerPairs` gives them. */
  readonly allHeaders: () => (readonly [name: string, value: string])[];
  readonly app: App;
  /** A client that acts in the name of the caller. */
  readonly client: StoreClient;
}

export type Route = RouteDefinition<Fields, Fields, Fields, ApiSchema>;

/** Declares a route; the types of what its handler gets follow from its schemas. */
export function defineRoute<
  const P extends Fields = Record<string, never>,
  const Q extends Fields = Record<string, never>,
  const H extends Fields = Record<string, never>,
  const B extends ApiSchema = ApiSchema,
>(definition: RouteDefinition<P, Q, H, B>): Route {
  return definition as unknown as Route;
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): TextAnswer {
  return new TextAnswer(JSON.stringify(value), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}

/** An answer whose body is JSON of that schema. */
export function jsonAnswer(description: string, schema: ApiSchema, headers: Fields = {}): Answer {
  return { description, content: { 'application/json': schema }, headers };
}
