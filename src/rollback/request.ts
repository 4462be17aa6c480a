/** What a rollback was asked for: the inputs, checked. */
import type { ForwardLocation } from '../aws/elb-forward.ts';

export type RollbackTarget =
  /** By weight where the other group still stands in full, else the previous good revision. */
  | { readonly kind: 'auto' }
  | { readonly kind: 'previous' }
  | { readonly kind: 'weights' }
  /** `family:revision` or an ARN. */
  | { readonly kind: 'revision'; readonly name: string };

export interface RollbackRequest {
  readonly cluster: string;
  readonly service: string;
  readonly to: RollbackTarget;
  readonly reason: string;
  /** Where the weights stand; undefined: nothing goes back by weight. */
  readonly location: ForwardLocation | undefined;
  /** The group that is to serve again; undefined: the one other group of the forward. */
  readonly targetGroupArn: string | undefined;
  readonly timeoutMs: number;
  readonly dryRun: boolean;
  /** Where the report is written as JSON. */
  readonly reportPath: string | undefined;
}
