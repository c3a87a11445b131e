import { hasCode } from '../../job/errors.ts';
import type { Clock } from '../../std/clock.ts';

/**
 * Of one who looks at something for long: a server that was there and is started again is no reason to stop looking.
 * One that never answered is told at once.
 */
export class Patience {
  readonly #clock: Clock;
  #wasThere = false;
  #awaySince: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The server has answered. */
  seen(): void {
    this.#wasThere = true;
    this.#awaySince = null;
  }

  /** Pauses before another try. @throws the error itself, where trying again is in vain or half a minute has passed */
  async forgive(error: unknown, signal?: AbortSignal): Promise<void> {
    const isAway = hasCode(error, 'SERVER_UNAVAILABLE') || hasCode(error, 'APP_STOPPING');
    const now = this.#clock.monotonic();
    this.#awaySince ??= now;
    if (!isAway || !this.#wasThere || now - this.#awaySince > patienceMs) throw error;
    await this.#clock.sleep(againMs, signal);
  }
}

const patienceMs = 30_000;
const againMs = 500;
