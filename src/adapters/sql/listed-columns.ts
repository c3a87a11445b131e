import { largestListed } from '../../job/listed-run.ts';

/** How a column of a run that may be large is read: `expression` under `name`. */
export type ReadColumn = (expression: string, name: string) => string;

export const wholeColumn: ReadColumn = (expression, name) => `${expression} ${name}`;

/** A column as a list reads it: a large value stays where it is, and its size is read in its place. */
export const listedColumn: ReadColumn = (expression, name) =>
  `case when octet_length(${expression}) <= ${largestListed} then ${expression} end ${name},
  case when octet_length(${expression}) > ${largestListed} then octet_length(${expression}) end ${name}_bytes`;
