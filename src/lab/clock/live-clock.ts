/**
 * Drives the world in real time: virtual time runs `scale` times as fast as the machine's clock, and the
 * kernel's events run when they fall due. The only place where the lab reads the real clock for the world.
 */
import type { Kernel } from '../world/kernel.ts';
import { type ClockMapping, checkScale, defaultScale, rescaled, toRealMs, toVirtualMs } from './scale.ts';

/** The part of the kernel that is driven. */
export type DrivenKernel = Pick<Kernel, 'now' | 'nextEventAt' | 'advanceTo'>;

export interface LiveClockOptions {
  readonly kernel: DrivenKernel;
  /** 1 to 300, 60 unless told otherwise. */
  readonly scale?: number;
  /** Called when an event of the world throws; without it the error is thrown into the process. */
  readonly onError?: (error: unknown) => void;
}

/** Even with nothing due, the world's now follows the clock at least this often, in real time. */
const idleMs = 250;

export class LiveClock {
  readonly #kernel: DrivenKernel;
  readonly #onError: ((error: unknown) => void) | undefined;
  #mapping: ClockMapping;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #advancing = false;
  readonly #mappingListeners: ((mapping: ClockMapping) => void)[] = [];

  constructor(options: LiveClockOptions) {
    this.#kernel = options.kernel;
    this.#onError = options.onError;
    this.#mapping = {
      epochRealMs: Date.now(),
      epochVirtualMs: options.kernel.now,
      scale: checkScale(options.scale ?? defaultScale),
    };
  }

  get mapping(): ClockMapping {
    return this.#mapping;
  }

  get scale(): number {
    return this.#mapping.scale;
  }

  /** Virtual time of this very moment, epoch milliseconds, whole. */
  get virtualNow(): number {
    return Math.floor(toVirtualMs(this.#mapping, Date.now()));
  }

  /** Begins at the kernel's now. Calling it again changes nothing. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#mapping = { ...this.#mapping, epochRealMs: Date.now(), epochVirtualMs: this.#kernel.now };
    this.#tick();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Virtual time goes on from where it is, at another speed. Processes started before keep the old one. */
  setScale(scale: number): void {
    this.#mapping = rescaled(this.#mapping, Date.now(), scale);
    for (const listener of this.#mappingListeners) listener(this.#mapping);
    this.poke();
  }

  onMapping(listener: (mapping: ClockMapping) => void): void {
    this.#mappingListeners.push(listener);
  }

  /**
   * Brings the world to now and looks again when to wake. Call it before anything that acts on the world
   * (a call, a fact): it then happens at the right instant, and what it schedules is waited for.
   */
  poke(): void {
    if (!this.#running || this.#advancing) return;
    this.#tick();
  }

  #tick(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#advancing = true;
    try {
      this.#kernel.advanceTo(this.virtualNow);
    } catch (error) {
      if (this.#onError === undefined) throw error;
      this.#onError(error);
    } finally {
      this.#advancing = false;
      this.#arm();
    }
  }

  #arm(): void {
    if (!this.#running) return;
    const due = this.#kernel.nextEventAt;
    const waitMs = due === undefined ? idleMs : toRealMs(this.#mapping, due) - Date.now();
    this.#timer = setTimeout(() => this.#tick(), Math.min(idleMs, Math.max(0, Math.ceil(waitMs))));
  }
}
