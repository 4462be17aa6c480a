/**
 * What our deploys remember, as tags on the task definition revision: that it was promoted after its verdict,
 * that it turned out bad, what it was built from. AWS holds them, so a runner that dies loses nothing, and
 * they outlive the 90 days that ECS keeps its history. docs/tags.md describes each for people.
 */
import { AwsCallError } from '../aws/call-error.ts';
import type { AwsCaller } from '../aws/caller.ts';
import { readTags, type Tags, tagValue, tagValueLimit, writeTags } from '../aws/ecs-tags.ts';

export const markKeys = {
  promoted: 'ips-deploy:promoted',
  bad: 'ips-deploy:bad',
  leaving: 'ips-deploy:leaving',
  commit: 'ips-deploy:commit',
  ref: 'ips-deploy:ref',
  run: 'ips-deploy:run',
  schema: 'ips-deploy:schema',
  /** See pre-deploy-mark.ts. */
  preDeploy: 'ips-deploy:pre-deploy',
} as const;

/** One good verdict. */
export interface Promotion {
  /** Epoch milliseconds of the verdict. */
  readonly at: number;
  /** `cluster/service` that it was given for; undefined in a mark that names none: it stands for every service. */
  readonly place: string | undefined;
}

export interface BadMark {
  /** Epoch milliseconds; undefined where the mark was made by hand without a time. */
  readonly at: number | undefined;
  readonly reason: string;
}

/** A way back that was begun: the run that began it takes it up again when it is run again. */
export interface LeavingMark {
  readonly at: number;
  readonly runId: string;
  /** Id of the service's newest service deployment then: what came after it is the way back, or somebody else. */
  readonly after: string | undefined;
}

/** Where a revision comes from. */
export interface Origin {
  /** Full sha. */
  readonly commit: string | undefined;
  /** `refs/tags/v1.4.0` */
  readonly ref: string | undefined;
  /** URL or id of the workflow run. */
  readonly run: string | undefined;
  /** What this revision did to the database cannot be served by the ones before it. */
  readonly schema: 'breaking' | undefined;
}

export interface Marks extends Origin {
  /** Newest first. */
  readonly promotions: readonly Promotion[];
  readonly bad: BadMark | undefined;
  readonly leaving: LeavingMark | undefined;
}

export interface PromotedMark extends Partial<Origin> {
  readonly at: number;
  /** Names or ARNs. Blue/green with two services names both: either may have to go back to the revision. */
  readonly cluster: string;
  readonly services: readonly string[];
}

export type MarkResult =
  | { readonly kind: 'written' | 'unchanged' }
  /** To be told as a warning: it is never the verdict. */
  | { readonly kind: 'not-written'; readonly why: string };

/** `cluster/service` from names or ARNs. Pure. */
export function placeOf(cluster: string, service: string): string {
  return tagValue(`${lastPart(cluster)}/${lastPart(service)}`).slice(0, 200);
}

/** Pure; understands what people may have written by hand. */
export function marksOf(tags: Tags): Marks {
  const commit = tags.get(markKeys.commit);
  const bad = tags.get(markKeys.bad);
  const [leavingAt, runId, after] = (tags.get(markKeys.leaving) ?? '').split(' ');
  const leavingTime = timeOf(leavingAt);
  return {
    promotions: (tags.get(markKeys.promoted) ?? '')
      .split(' ')
      .flatMap((entry): Promotion[] => {
        const [time, ...rest] = entry.split('@');
        const at = timeOf(time);
        return at === undefined ? [] : [{ at, place: rest.length === 0 ? undefined : rest.join('@') }];
      })
      .sort((one, other) => other.at - one.at),
    bad: bad === undefined ? undefined : badOf(bad),
    leaving: leavingTime === undefined || runId === undefined ? undefined : { at: leavingTime, runId, after },
    commit: /^[0-9a-f]{7,64}$/i.test(commit ?? '') ? commit!.toLowerCase() : undefined,
    ref: tags.get(markKeys.ref),
    run: tags.get(markKeys.run),
    schema: tags.get(markKeys.schema) === 'breaking' ? 'breaking' : undefined,
  };
}

/**
 * The tags that say this, and no others. Pure. Also for a registration: a revision that fails is to tell
 * where it came from, too. Promotions that do not fit into one value are dropped, the oldest first.
 */
export function marksToTags(marks: Partial<Marks>): Tags {
  const tags = new Map<string, string>();
  const put = (key: string, value: string | undefined): void => {
    const clean = tagValue(value ?? '');
    if (clean !== '') tags.set(key, clean);
  };
  put(markKeys.promoted, promotionsValue(marks.promotions ?? []));
  if (marks.bad !== undefined) {
    const { at, reason } = marks.bad;
    put(markKeys.bad, at === undefined ? reason : `${isoTime(at)} ${reason}`);
  }
  if (marks.leaving !== undefined) {
    const { at, runId, after } = marks.leaving;
    const words = [runId, after].filter((each) => each !== undefined);
    put(markKeys.leaving, [isoTime(at), ...words.map((each) => each.replace(/\s+/g, '-'))].join(' '));
  }
  put(markKeys.commit, marks.commit);
  put(markKeys.ref, marks.ref);
  put(markKeys.run, marks.run);
  put(markKeys.schema, marks.schema);
  return tags;
}

/** When it was last promoted for this service; undefined: never. Pure. */
export function promotedAt(marks: Marks, place: string): number | undefined {
  return marks.promotions.find((each) => each.place === undefined || each.place === place)?.at;
}

/** Marked bad, and not promoted for this service again since. Pure. */
export function isBad(marks: Marks, place: string): boolean {
  const { bad } = marks;
  if (bad === undefined) return false;
  return bad.at === undefined || (promotedAt(marks, place) ?? Number.NEGATIVE_INFINITY) <= bad.at;
}

/** Rejects with `AwsCallError`. */
export async function readMarks(
  aws: AwsCaller,
  taskDefinitionArn: string,
  signal?: AbortSignal,
): Promise<Marks> {
  return marksOf(await readTags(aws, taskDefinitionArn, signal));
}

/**
 * After a good verdict, once for each revision. `aws` retries for as long as the caller can wait. A revision
 * that the caller has just registered is `fresh`: it has no marks of others, so none are read, which saves
 * the time of two calls at the end of a job.
 */
export function markPromoted(
  aws: AwsCaller,
  taskDefinitionArn: string,
  mark: PromotedMark,
  fresh = false,
): Promise<MarkResult> {
  const { at, cluster, services, ...origin } = mark;
  const places = services.map((service) => placeOf(cluster, service));
  const promoted = (marks: Pick<Marks, 'promotions'>): Partial<Marks> => ({
    ...origin,
    promotions: [
      ...places.map((place) => ({ at, place })),
      ...marks.promotions.filter((each) => each.place === undefined || !places.includes(each.place)),
    ],
  });
  return fresh
    ? told(async () => {
        await writeTags(aws, taskDefinitionArn, marksToTags(promoted({ promotions: [] })));
        return { kind: 'written' };
      })
    : write(aws, taskDefinitionArn, promoted);
}

/** A revision that is marked bad already keeps its first reason, unless it was promoted since. */
export function markBad(
  aws: AwsCaller,
  taskDefinitionArn: string,
  mark: { readonly at: number; readonly reason: string },
): Promise<MarkResult> {
  return write(aws, taskDefinitionArn, ({ bad, promotions }) => {
    const stands =
      bad !== undefined && (bad.at ?? mark.at) >= (promotions[0]?.at ?? Number.NEGATIVE_INFINITY);
    return { bad: stands ? bad : mark };
  });
}

/** Before a way back from this revision is begun. The same way back, begun again, keeps its time. */
export function markLeaving(
  aws: AwsCaller,
  taskDefinitionArn: string,
  mark: LeavingMark,
): Promise<MarkResult> {
  return write(aws, taskDefinitionArn, ({ leaving }) => ({
    leaving: leaving?.runId === mark.runId && leaving.after === mark.after ? leaving : mark,
  }));
}

/** Writes what differs, and reads it back. */
function write(
  aws: AwsCaller,
  taskDefinitionArn: string,
  change: (marks: Marks) => Partial<Marks>,
): Promise<MarkResult> {
  return told(async () => {
    const before = await readTags(aws, taskDefinitionArn);
    const wanted = marksToTags(change(marksOf(before)));
    const differs = (tags: Tags): Tags =>
      new Map([...wanted].filter(([key, value]) => tags.get(key) !== value));
    const missing = differs(before);
    if (missing.size === 0) return { kind: 'unchanged' };
    await writeTags(aws, taskDefinitionArn, missing);
    if (differs(await readTags(aws, taskDefinitionArn)).size === 0) return { kind: 'written' };
    return { kind: 'not-written', why: 'AWS took the tags and does not show them.' };
  });
}

async function told(work: () => Promise<MarkResult>): Promise<MarkResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { kind: 'not-written', why: `${error.operation}: ${error.code}: ${error.reason}` };
  }
}

function promotionsValue(promotions: readonly Promotion[]): string {
  const newestFirst = [...promotions].sort((one, other) => other.at - one.at);
  let value = '';
  for (const { at, place } of newestFirst) {
    const entry = place === undefined ? isoTime(at) : `${isoTime(at)}@${place.replaceAll(' ', '-')}`;
    const longer = value === '' ? entry : `${value} ${entry}`;
    if ([...longer].length > tagValueLimit) break;
    value = longer;
  }
  return value;
}

function badOf(value: string): BadMark {
  const [first = '', ...rest] = value.split(' ');
  const at = timeOf(first);
  return at === undefined ? { at, reason: value } : { at, reason: rest.join(' ') };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

function timeOf(text: string | undefined): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text ?? '')) return undefined;
  const at = Date.parse(text!);
  return Number.isNaN(at) ? undefined : at;
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
