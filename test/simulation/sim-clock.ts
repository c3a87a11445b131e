import { FakeClock } from '../../src/testing/fake-clock.ts';

/** The clock of one worker: it goes at a speed of its own, and its wall clock is off by `skewMs`. It stands until it is moved. */
export class SimClock extends FakeClock {
  readonly speed: number;

  constructor({ startMs, skewMs, speed }: { startMs: number; skewMs: number; speed: number }) {
    super(startMs + skewMs);
    this.speed = speed;
  }

  override now(): number {
    return Math.floor(super.now());
  }

  /** In milliseconds of true time; Infinity where there is no timer. */
  get nextInTrueMs(): number {
    const { nextTimerInMs } = this;
    return nextTimerInMs === null ? Infinity : Math.ceil(nextTimerInMs / this.speed);
  }

  /** True time passes. */
  pass(ms: number): void {
    this.advance(ms * this.speed);
  }
}
