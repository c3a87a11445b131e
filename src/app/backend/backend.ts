import { OnejobError } from '../../job/errors.ts';
import type { Adapter, OpenedStore } from '../../ports/adapter.ts';
import type { Inspector } from '../../ports/inspector.ts';
import type { Store } from '../../ports/store.ts';
import type { Upkeep } from '../../ports/upkeep.ts';
import { maskUrl } from '../config/mask.ts';

export interface OpenedBackend extends OpenedStore {
  /** Whether we opened it, and so close it. */
  readonly isOurs: boolean;
}

const sqlite = async (): Promise<Adapter> => (await import('../../adapters/sqlite/index.ts')).sqlite;
const postgres = async (): Promise<Adapter> => (await import('../../adapters/postgres/index.ts')).postgres;
const mysql = async (): Promise<Adapter> => (await import('../../adapters/mysql/index.ts')).mysql;

/** The one place that knows the names of adapters: by the scheme of a URL the way to load the one that takes it. */
export const adapters: ReadonlyMap<string, () => Promise<Adapter>> = new Map([
  ['sqlite', sqlite],
  ['memory', sqlite],
  ['postgres', postgres],
  ['postgresql', postgres],
  ['mysql', mysql],
  ['mariadb', mysql],
]);

export const defaultStore = 'sqlite:.onejob/onejob.db';

/**
 * Opens what a URL names, and loads its adapter only then. A store that is handed over opened is taken as it is.
 * @throws CONFIG_INVALID for a URL that no adapter takes, DRIVER_MISSING with the line that installs the driver
 */
export async function openBackend(
  given: string | Store,
  { isBrief = false }: { readonly isBrief?: boolean } = {},
): Promise<OpenedBackend> {
  if (typeof given !== 'string') return takeOver(given);
  const [scheme = ''] = given.match(/^[a-z+-]+(?=:)/i) ?? [];
  const load = adapters.get(scheme.toLowerCase());
  if (load) return { ...(await (await load()).open(given, { isBrief })), isOurs: true };
  throw new OnejobError('CONFIG_INVALID', `no store is known for the URL ${maskUrl(given)}`, {
    hint: 'a store is sqlite:PATH, memory:, postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE',
  });
}

/** Takes over a store of the user's own. It may leave out the small ports. */
function takeOver(store: Store & Partial<Inspector & Upkeep>): OpenedBackend {
  const hasInspector = typeof store.pauses === 'function' && typeof store.backlog === 'function';
  const inspector = hasInspector ? (store as Inspector) : null;
  const upkeep = typeof store.examine === 'function' ? (store as Upkeep) : null;
  return { store, inspector, upkeep, notifier: null, isOurs: false };
}
