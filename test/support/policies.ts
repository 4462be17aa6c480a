/** The policies of docs/iam with the words in capitals replaced, whole or without one permission. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { names } from '../../src/lab/journey/stage.ts';
import { root } from './source-files.ts';

export interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** One line of a policy: an action of a statement, or one of the resources that it names. */
export interface PolicyLine {
  readonly sid: string;
  readonly member: 'Action' | 'Resource';
  readonly value: string;
  /** What a run without this line may miss. */
  readonly actions: readonly string[];
}

/** What stands for the words: `CLUSTER`, `SERVICE`, ... */
export type PolicyWords = Readonly<Record<string, string>>;

/** The service of the guide, as the lab's region has it. */
export const guideWords: PolicyWords = {
  REGION: 'ap-south-1',
  ACCOUNT: '123456789012',
  CLUSTER: names.cluster,
  SERVICE: names.service,
  GREEN_SERVICE: names.serviceB,
  FAMILY: names.family,
  EXECUTION_ROLE: 'ecsTaskExecutionRole',
  TASK_ROLE: 'ecsTaskRole',
  LOAD_BALANCER: 'ips-api-alb',
  LOG_GROUP: names.logGroup,
  REPOSITORY: names.repository,
  BASE_REPOSITORY: 'lab/node',
  SECRETS: 'ips/',
  PARAMETERS: 'ips/',
  TOPIC: 'ips-api-alerts',
};

/** `without` leaves out a permission wherever it stands, or one line. */
export function policyOf(action: string, words: PolicyWords, without?: string | PolicyLine): Policy {
  let text = readFileSync(join(root, `docs/iam/${action}.json`), 'utf8');
  for (const [from, to] of Object.entries(words)) text = text.replace(new RegExp(`\\b${from}\\b`, 'g'), to);
  const left = /:[^"]*\b([A-Z][A-Z_]{3,})\b/.exec(text.replace(/"(Sid|Version|Action)".*/g, ''));
  if (left !== null) throw new Error(`docs/iam/${action}.json: nothing stands for ${left[1]}.`);
  const { Version, Statement } = JSON.parse(text) as Policy;
  const isLeftOut = ({ Sid }: Statement, member: PolicyLine['member'], value: string): boolean =>
    typeof without === 'object'
      ? without.sid === Sid && without.member === member && without.value === value
      : member === 'Action' && value === without;
  const kept = Statement.map((each) => ({
    ...each,
    Action: [each.Action].flat().filter((value) => !isLeftOut(each, 'Action', value)),
    Resource: [each.Resource].flat().filter((value) => !isLeftOut(each, 'Resource', value)),
  }));
  return { Version, Statement: kept.filter((each) => each.Action.length > 0 && each.Resource.length > 0) };
}

/** Telling others has tests of its own (test/simulation/announce), which go without this one. */
const announcing: ReadonlySet<string> = new Set(['sns:Publish']);

/** Every permission in it, once. */
export function permissionsIn(action: string, words: PolicyWords): readonly string[] {
  const all = linesIn(action, words).flatMap((each) => each.actions);
  return [...new Set(all)];
}

/** Every line that grants something besides `others`: to a run which tells nobody, unless said otherwise. */
export function linesIn(
  action: string,
  words: PolicyWords,
  others: ReadonlySet<string> = announcing,
): readonly PolicyLine[] {
  return policyOf(action, words).Statement.flatMap(({ Sid: sid, Action, Resource }) => {
    const actions = [Action].flat().filter((each) => !others.has(each));
    if (actions.length === 0) return [];
    const lines: PolicyLine[] = actions.map((value) => ({ sid, member: 'Action', value, actions: [value] }));
    for (const value of [Resource].flat()) lines.push({ sid, member: 'Resource', value, actions });
    return lines;
  });
}
