/**
 * Hands results to one attempt's handler, one per turn of the event loop (protocol/replay#order-of-results): recorded ones first, in
 * the order in which they were recorded; what is new waits behind them. So `race` and `any` decide as they did before
 * the crash. A result counts as delivered when all code that waited for it has run to its next wait.
 */
export class ResultSequencer {
  readonly #recorded: { readonly order: number; readonly deliver: () => void }[] = [];
  readonly #fresh: (() => void)[] = [];
  #lastTurn = -1;
  #scheduled = false;

  get isEmpty(): boolean {
    return this.#recorded.length === 0 && this.#fresh.length === 0;
  }

  /** `order` is the place in the journal. Never delivers in this turn: a result recorded earlier may be asked for later in it. */
  replay(order: number, deliver: () => void): void {
    const at = this.#recorded.findIndex((other) => other.order > order);
    this.#recorded.splice(at === -1 ? this.#recorded.length : at, 0, { order, deliver });
    this.#handOutNextTurn();
  }

  /** In the order of commit; at once when nothing else was handed out in this turn. */
  fresh(deliver: () => void): void {
    const turn = currentTurn();
    if (this.#lastTurn === turn || !this.isEmpty) {
      this.#fresh.push(deliver);
      this.#handOutNextTurn();
      return;
    }
    this.#lastTurn = turn;
    deliver();
  }

  #handOutNextTurn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const deliver = this.#recorded.shift()?.deliver ?? this.#fresh.shift();
      if (!deliver) return;
      this.#lastTurn = currentTurn();
      if (!this.isEmpty) this.#handOutNextTurn();
      deliver();
    });
  }
}

let turn = 0;
let counting = false;

/** The number of this turn of the event loop; one immediate a turn counts for all attempts. */
function currentTurn(): number {
  if (!counting) {
    counting = true;
    setImmediate(() => {
      counting = false;
      turn++;
    });
  }
  return turn;
}
