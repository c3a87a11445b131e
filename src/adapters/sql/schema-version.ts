import { OnejobError } from '../../job/errors.ts';

/** Version of the schema that this code writes. */
export const schemaVersion = 1;

/**
 * Which of the version 1 it is. As long as nothing is released that version may change: then this number is raised, and
 * stores that were made before have to be made anew. It is written when a store is made.
 */
export const schemaLayout = 2;

/** What a store says of its schema, in its table `meta`. */
export interface SchemaMeta {
  readonly version: number;
  readonly min_version: number;
  /** Missing in stores that were made before there was one. */
  readonly layout?: number | null;
}

/** How a store is called in a sentence, and what somebody does who makes it anew. */
export interface SchemaPlace {
  readonly store: string;
  readonly anew: string;
}

/** @throws CONFIG_INVALID where a schema asks for newer code than this, or was made by code that was never released */
export function refuseOtherSchema(found: SchemaMeta, placeOf: () => SchemaPlace): void {
  const { version, min_version: minVersion, layout } = found;
  if (minVersion > schemaVersion) {
    const text = `${placeOf().store} has schema ${version}, which needs newer code: this onejob knows schema ${schemaVersion}`;
    throw new OnejobError('CONFIG_INVALID', text, { hint: 'update onejob on this machine, or use another store' });
  }
  if (layout !== schemaLayout) {
    const { store, anew } = placeOf();
    const text = `${store} was made by an unreleased version of onejob and has to be made anew`;
    throw new OnejobError('CONFIG_INVALID', text, { hint: anew });
  }
}
