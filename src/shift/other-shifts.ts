/** Shifts of the same pair that hold their lock elsewhere: a pair may stand behind several rules and listeners. */
import type { AwsCaller } from '../aws/caller.ts';
import { type ListenerFacts, type RuleFacts, readTagsOfAll } from '../aws/elb-rules.ts';
import { recordOfTags, type ShiftRecord } from './record.ts';

export interface OtherShift {
  readonly ruleArn: string;
  /** To which its test rule leads. */
  readonly greenArn: string;
  /** Of the listener that holds the test rule. */
  readonly port: number;
  readonly priority: string;
  readonly record: ShiftRecord;
}

/** `ownLock`: of the shift that this run goes on with. */
export async function findOtherShifts(
  aws: AwsCaller,
  listeners: readonly Pick<ListenerFacts, 'port' | 'rules'>[],
  groups: readonly (string | undefined)[],
  ownLock: string | undefined,
): Promise<readonly OtherShift[]> {
  const candidates = listeners.flatMap(({ port, rules }) =>
    rules
      .filter((rule) => mayBeTestRule(rule, groups) && rule.ruleArn !== ownLock)
      .map((rule) => ({ port, rule })),
  );
  const tags = await readTagsOfAll(
    aws,
    candidates.map(({ rule }) => rule.ruleArn),
  );
  return candidates.flatMap(({ port, rule }) => {
    const record = recordOfTags(tags.get(rule.ruleArn) ?? {});
    const greenArn = rule.split[0]?.targetGroupArn;
    if (record === undefined || greenArn === undefined) return [];
    return [{ ruleArn: rule.ruleArn, greenArn, port, priority: rule.priority, record }];
  });
}

/** A header opens it, whatever its name is there, and it leads to one of the groups. Pure. */
function mayBeTestRule(rule: RuleFacts, groups: readonly (string | undefined)[]): boolean {
  return (
    !rule.isDefault &&
    rule.conditions.some((condition) => condition.HttpHeaderConfig !== undefined) &&
    rule.split.some((group) => groups.includes(group.targetGroupArn))
  );
}
