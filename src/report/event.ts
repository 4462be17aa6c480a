/** What happened, as data: the log, the summary, the report and the notices are all made of these. */
export type EventLevel = 'info' | 'notice' | 'warning' | 'error';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface KitEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Stable, dotted, for machines: `rollout.started`, `shift.weights-written`, `gate.failed`. */
  readonly code: string;
  readonly level: EventLevel;
  /** One sentence for people: plain text, not yet escaped. */
  readonly message: string;
  readonly data?: { readonly [key: string]: Json };
}
