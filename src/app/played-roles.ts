import { startAll, stopAll, type Service } from '../std/service.ts';
import type { Role } from './role.ts';

/**
 * A role that a floor above plays for an app: HTTP. Whoever composes the program hands it in by `app.attach`, since the
 * app must not know it; it starts before the worker.
 */
export interface Face extends Service {
  readonly name: Role;
  /** Where it is reached; null before it has started. */
  readonly url: string | null;
  /** Takes nothing new; what was asked already is still answered, until `stop`. Also before its start. */
  drain(): void;
}

/** The faces of an app, one for each role. */
export class Faces {
  readonly #all = new Map<Role, Face>();
  #playing: readonly Face[] = [];

  /** Nothing when that role is played already. */
  add(face: Face): void {
    if (!this.#all.has(face.name)) this.#all.set(face.name, face);
  }

  get url(): string | null {
    return this.#playing.find(({ url }) => url !== null)?.url ?? null;
  }

  start(roles: readonly Role[]): Promise<void> {
    this.#playing = roles.flatMap((role) => this.#all.get(role) ?? []);
    return startAll(this.#playing);
  }

  drain(): void {
    for (const face of this.#playing) face.drain();
  }

  stop(): Promise<void> {
    return stopAll(this.#playing);
  }
}
