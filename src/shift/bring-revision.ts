/** The revision that green is to run: registered where it is new, with the marks of this run. */
import { toTags } from '../aws/ecs-tags.ts';
import type { ShiftRequest } from '../inputs/shift-request.ts';
import { markRevision } from '../rollout/mark-known.ts';
import { marksOf, marksToTags } from '../rollout/marks.ts';
import { originOf } from '../rollout/origin.ts';
import { registerTagged } from '../rollout/register-tagged.ts';
import { event } from './decide.ts';
import type { Gathered } from './gather.ts';
import { revisionName } from './plan.ts';
import type { Refusal } from './preflight.ts';
import type { ShiftRun } from './run-plan.ts';

export type Brought =
  | { readonly kind: 'brought'; readonly gathered: Gathered }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export async function bringRevision(
  { aws, ports, record, changes }: ShiftRun,
  request: ShiftRequest,
  gathered: Gathered,
): Promise<Brought> {
  const { clock, context, runner } = ports;
  const { register, definition } = gathered;
  const schema = request.schema === 'breaking' ? 'breaking' : undefined;
  const remembered = request.taskDefinition?.kind === 'file' ? marksToTags(originOf(context)) : new Map();
  if (register !== undefined) {
    const tags = { asked: new Map<string, string>(), remembered };
    const start = { aws, clock, cancelled: runner.cancelled, record };
    const registered = await registerTagged(register, tags, schema, start);
    changes.made(`${revisionName(registered.arn)} was registered.`);
    const told = `Registered ${revisionName(registered.arn)}.`;
    record(event(clock.now(), 'task-definition.registered', 'info', told));
    return {
      kind: 'brought',
      gathered: {
        ...gathered,
        definition: { ...registered, tags: toTags(undefined) },
        facts: { ...gathered.facts, taskDefinitionArn: registered.arn },
      },
    };
  }
  if (definition === undefined) return { kind: 'brought', gathered };
  const refusal = await markRevision(
    { aws, clock, record },
    {
      arn: definition.arn,
      marks: marksOf(definition.tags),
      remembered,
      schema,
    },
  );
  return refusal === undefined
    ? { kind: 'brought', gathered }
    : {
        kind: 'refused',
        refusal: { code: 'breaking-schema-unmarked', message: `${refusal.reason} ${refusal.remedy}` },
      };
}
