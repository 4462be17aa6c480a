/** Marks in a region: as our deploys and people make them, and as they stand in the world. */
import { toTags } from '../../../src/aws/ecs-tags.ts';
import {
  type Marks,
  markKeys,
  marksOf,
  marksToTags,
  type Origin,
  placeOf,
} from '../../../src/rollout/marks.ts';
import { cluster, deploy, family, type Region, service } from '../rollout/region.ts';

export function revisionArn(revision: number): string {
  return `arn:aws:ecs:ap-south-1:123456789012:task-definition/${family}:${revision}`;
}

export function marksOfRevision(region: Region, revision: number): Marks {
  const resourceArn = revisionArn(revision);
  return marksOf(toTags(region.world.must('ecs', 'ListTagsForResource', { resourceArn }).tags));
}

/** As a deploy does it after a good verdict. */
export function promote(region: Region, revision: number, origin: Partial<Origin> = {}): void {
  const promotions = [{ at: region.time.now(), place: placeOf(cluster, service) }];
  tag(region, revision, { promotions, ...origin });
}

export function markBadByHand(region: Region, revision: number, reason: string): void {
  tag(region, revision, { bad: { at: region.time.now(), reason } });
}

/** Deploys images in turn, each as the next revision, and marks each as promoted. */
export async function deployPromoted(region: Region, ...images: readonly string[]): Promise<void> {
  for (const image of images) {
    await deploy(region, image);
    const { services } = region.world.must('ecs', 'DescribeServices', { cluster, services: [service] });
    promote(region, Number(/:(\d+)$/.exec(services[0].taskDefinition)?.[1]));
  }
}

/** As if another tool had deployed it: nothing of ours stays on the revision. */
export function forget(region: Region, revision: number): void {
  const resourceArn = revisionArn(revision);
  region.world.must('ecs', 'UntagResource', { resourceArn, tagKeys: Object.values(markKeys) });
}

export function tag(region: Region, revision: number, marks: Partial<Marks>): void {
  const tags = [...marksToTags(marks)].map(([key, value]) => ({ key, value }));
  region.world.must('ecs', 'TagResource', { resourceArn: revisionArn(revision), tags });
}
