/** Marks revisions that have proven themselves: a later rollback looks for these marks. */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { patient, withRetries } from '../aws/retry.ts';
import type { ServiceResult } from './carry-out.ts';
import type { FollowPorts } from './follow.ts';
import { keepServingImages } from './keep-images.ts';
import { type MarkResult, type Marks, markPromoted, placeOf, promotedAt, readMarks } from './marks.ts';
import { revisionName } from './plan.ts';

/** The verdict stands already: its mark must not keep the job waiting for long. */
const patienceMs = 5000;

export interface Proven {
  readonly arn: string;
  /** `family:revision` */
  readonly name: string;
  /** Registered by this run. */
  readonly fresh: boolean;
  /** Names of the services it was deployed to. */
  readonly deployed: readonly string[];
  /** Names of the services that it served already. */
  readonly standing: readonly string[];
}

/** Each revision once, with the services it was proven for. Pure. */
function provenRevisions(results: readonly ServiceResult[]): readonly Proven[] {
  const found = new Map<string, Proven>();
  for (const { outcome, definition, name, fresh } of results) {
    if (definition === undefined) continue;
    const kind = outcome.kind;
    if (kind !== 'succeeded' && kind !== 'no-change') continue;
    const { arn } = definition;
    const known = found.get(arn) ?? {
      arn,
      name: revisionName(definition),
      fresh,
      deployed: [],
      standing: [],
    };
    found.set(
      arn,
      kind === 'succeeded'
        ? { ...known, deployed: [...known.deployed, name] }
        : { ...known, standing: [...known.standing, name] },
    );
  }
  return [...found.values()];
}

/**
 * Services that a revision is to be marked for. One that served before is marked only where nothing is known
 * of it: the run that deployed it may have died before its mark. Pure.
 */
function toMark(proven: Proven, cluster: string, marks: Marks): readonly string[] {
  const unknown = proven.standing.filter(
    (service) => marks.bad === undefined && promotedAt(marks, placeOf(cluster, service)) === undefined,
  );
  return [...proven.deployed, ...unknown];
}

/** A mark that cannot be written is told, and changes no verdict. */
export async function markProven(
  results: readonly ServiceResult[],
  { cluster, keepImages }: { readonly cluster: string; readonly keepImages: number },
  ports: FollowPorts,
): Promise<void> {
  const { clock, random, record, cancelled } = ports;
  const hurry = { signal: cancelled, totalMs: 1000 };
  const aws = withRetries(ports.aws, { clock, random, hurry }, { ...patient, totalMs: patienceMs });
  const at = clock.now();
  const images = results
    .filter(({ outcome }) => outcome.kind === 'succeeded')
    .flatMap(({ definition }) => definition?.definition.containerDefinitions ?? []);
  const kept = keepServingImages(aws, images, at, keepImages).then((problems) => {
    for (const message of problems) {
      record({ at: clock.now(), code: 'rollout.image-not-kept', level: 'warning', message });
    }
  });
  await Promise.all([
    kept,
    ...provenRevisions(results).map(async (proven) => {
      const result = await mark(aws, proven, cluster, at);
      if (result.kind !== 'not-written') return;
      const message = `${proven.name} could not be marked as promoted, so a later rollback does not know it as good: ${result.why}`;
      record({ at: clock.now(), code: 'rollout.not-marked', level: 'warning', message });
    }),
  ]);
}

async function mark(aws: AwsCaller, proven: Proven, cluster: string, at: number): Promise<MarkResult> {
  const { arn } = proven;
  try {
    const services =
      proven.standing.length === 0 ? proven.deployed : toMark(proven, cluster, await readMarks(aws, arn));
    if (services.length === 0) return { kind: 'unchanged' };
    return await markPromoted(aws, arn, { at, cluster, services }, proven.fresh);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { kind: 'not-written', why: `${error.operation}: ${error.code}: ${error.reason}` };
  }
}
