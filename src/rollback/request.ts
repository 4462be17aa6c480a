/** What a rollback was asked for: the inputs, checked. */
import type { ForwardLocation } from '../aws/elb-forward.ts';
import type { NamedTarget } from './match.ts';

export type RollbackTarget =
  /** By weight where the other group still stands in full, else the previous good revision. */
  | { readonly kind: 'auto' }
  | { readonly kind: 'previous-good' }
  | { readonly kind: 'weights' }
  /** `family:revision` or an ARN. */
  | { readonly kind: 'revision'; readonly name: string }
  | NamedTarget;

export interface RollbackRequest {
  readonly cluster: string;
  readonly service: string;
  /** The other service of a blue/green pair: what was promoted for it is good for this one, too. */
  readonly otherService: string | undefined;
  readonly mode: 'roll-back' | 'list';
  readonly to: RollbackTarget;
  /**
   * The bad revision, `family:revision` or an ARN: where the service does not run it, nothing is changed.
   * Undefined: whatever the service runs.
   */
  readonly from: string | undefined;
  /** Empty for a list. */
  readonly reason: string;
  /** Go back past a revision whose schema change is marked breaking. */
  readonly pastBreakingSchema: boolean;
  /** Where the weights stand; undefined: nothing goes back by weight. */
  readonly location: ForwardLocation | undefined;
  /** The group that is to serve again; undefined: the one other group of the forward. */
  readonly targetGroupArn: string | undefined;
  readonly timeoutMs: number;
  readonly dryRun: boolean;
  /** Where the report is written as JSON. */
  readonly reportPath: string | undefined;
}

/** Whether the target is found, not named. */
export function isFound(to: RollbackTarget): boolean {
  return to.kind === 'auto' || to.kind === 'previous-good';
}
