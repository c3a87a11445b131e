/**
 * Hands results to one attempt's handler, one per turn of the event loop (STORE §4, Replay): recorded ones first, in
 * the order in which they were recorded; what is new waits behind them. So `race` and `any` decide as they did before
 * the crash. A result counts as delivered when all code that waited for it has run to its next wait.
 */
export class Dispenser {
  readonly #recorded: { readonly order: number; readonly deliver: () => void }[] = [];
  readonly #fresh: (() => void)[] = [];
  #turnTaken = false;

  get isEmpty(): boolean {
    return this.#recorded.length === 0 && this.#fresh.length === 0;
  }

  /** `order` is the place in the journal. Never delivers in this turn: a result recorded earlier may be asked for later in it. */
  replay(order: number, deliver: () => void): void {
    const at = this.#recorded.findIndex((other) => other.order > order);
    this.#recorded.splice(at === -1 ? this.#recorded.length : at, 0, { order, deliver });
    this.#takeTurn();
  }

  /** In the order of commit; at once when nothing else was handed out in this turn. */
  fresh(deliver: () => void): void {
    this.#fresh.push(deliver);
    if (!this.#turnTaken) this.#handOut();
  }

  #handOut(): void {
    const deliver = this.#recorded.shift()?.deliver ?? this.#fresh.shift();
    if (!deliver) return;
    this.#takeTurn();
    deliver();
  }

  #takeTurn(): void {
    if (this.#turnTaken) return;
    this.#turnTaken = true;
    setImmediate(() => {
      this.#turnTaken = false;
      this.#handOut();
    });
  }
}
