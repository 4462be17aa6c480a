/**
 * Revisions whose schema change the ones before cannot live with (`ips-deploy:schema = breaking`): going back
 * past one is not for a machine to decide. Pure.
 */
export interface OrderedRevision {
  readonly taskDefinitionArn: string;
  /** Epoch milliseconds; undefined where ECS gives none. */
  readonly registeredAt: number | undefined;
  readonly schema: 'breaking' | undefined;
}

/** The breaking revisions after `target` up to and with `from`: those that a way back would cross, oldest first. */
export function breakingBetween(
  revisions: readonly OrderedRevision[],
  from: OrderedRevision,
  target: OrderedRevision,
): readonly string[] {
  return revisions
    .filter((each) => each.schema === 'breaking')
    .filter((each) => compare(each, target) > 0 && compare(each, from) <= 0)
    .sort(compare)
    .map((each) => each.taskDefinitionArn);
}

/** Within a family the number tells; between families the time of registration. */
function compare(one: OrderedRevision, other: OrderedRevision): number {
  const a = /([^/]+):(\d+)$/.exec(one.taskDefinitionArn);
  const b = /([^/]+):(\d+)$/.exec(other.taskDefinitionArn);
  if (a !== null && b !== null && a[1] === b[1]) return Number(a[2]) - Number(b[2]);
  return (one.registeredAt ?? 0) - (other.registeredAt ?? 0);
}
