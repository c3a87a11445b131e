import type { WorkerHealth } from '../engine/host/worker-health.ts';
import type { Backlog } from '../ports/inspector.ts';
import type { Meter } from '../ports/meter.ts';
import type { ConfigValue } from './config/config-values.ts';
import { Meters } from './meters.ts';
import type { Backend } from './client/store-client-options.ts';

/** The part of an app that metrics and diagnosis see. */
export class Insight {
  /** What the engine of the app tells. */
  readonly meters = new Meters();
  /** Each setting with its origin, secrets masked; none where the program gave its options itself. */
  settings: () => readonly ConfigValue[] = () => [];
  readonly #health: () => WorkerHealth | null;
  readonly #backend: () => Promise<Backend>;

  constructor(parts: { health: () => WorkerHealth | null; backend: () => Promise<Backend> }) {
    this.#health = parts.health;
    this.#backend = parts.backend;
  }

  /** From now on `meter` is told what the engine does. Returns a function that ends that. */
  measure(meter: Meter): () => void {
    return this.meters.listen(meter);
  }

  /** Null while the app has no worker. */
  get health(): WorkerHealth | null {
    return this.#health();
  }

  /** What waits in the store (`Inspector.backlog`); null where it cannot say. @throws STORE_UNAVAILABLE */
  async backlog(atMost: number): Promise<Backlog | null> {
    const { inspector } = await this.#backend();
    return inspector ? inspector.backlog({ atMost }) : null;
  }
}
