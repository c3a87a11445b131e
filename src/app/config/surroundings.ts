/** What only the command line says of an app. */
export interface Surroundings {
  /** Who asks, for the record; default `api`. */
  readonly actor?: string;
  /** Works on the store for a moment, as most commands do. */
  readonly isBrief?: boolean;
}
