/** Why a rollback is refused: a code each, with its part in docs/troubleshooting.md. Pure. */
import type { Refusal } from '../rollout/plan.ts';

export const refusalCodes = [
  'ambiguous-target',
  'breaking-schema',
  'deployment-ended',
  'group-not-in-rule',
  'no-match',
  'no-other-group',
  'no-previous-revision',
  'no-rule',
  'other-group-bad',
  'other-group-small',
  'other-group-unhealthy',
  'revision-unusable',
  'several-groups',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

export function refusal(code: RefusalCode, reason: string, remedy: string): Refusal {
  return { kind: 'refuse', code, reason, remedy };
}
