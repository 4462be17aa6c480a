/** Tags of ECS resources, and what AWS accepts as one. */
import type { Tag } from '@aws-sdk/client-ecs';
import type { AwsCaller } from './caller.ts';

export type Tags = ReadonlyMap<string, string>;

/**
 * Characters of a value (of a key: 128).
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
 */
export const tagValueLimit = 256;

/** The tags of a resource; rejects with `AwsCallError`. */
export async function readTags(aws: AwsCaller, resourceArn: string, signal?: AbortSignal): Promise<Tags> {
  const answer = await aws.call('ecs:ListTagsForResource', { resourceArn }, signal);
  return toTags(answer.tags);
}

/** Adds tags, or gives them new values; others stay. Repeatable. Rejects with `AwsCallError`. */
export async function writeTags(aws: AwsCaller, resourceArn: string, tags: Tags): Promise<void> {
  await aws.call('ecs:TagResource', {
    resourceArn,
    tags: [...tags].map(([key, value]) => ({ key, value })),
  });
}

export function toTags(tags: readonly Tag[] | undefined): Tags {
  return new Map((tags ?? []).map((tag) => [tag.key ?? '', tag.value ?? '']));
}

/** Words of ASCII with single spaces between them are a value as they are. */
const plainWords = /^(?:[\w+\-=.:/@]+(?: (?!$)|$))*$/;

/** Any text as a value that AWS accepts: letters, digits, spaces and `+ - = . _ : / @`, on one line. */
export function tagValue(text: string): string {
  if (text.length <= tagValueLimit && plainWords.test(text)) return text;
  const clean = text.replace(/[^\p{L}\p{N}+\-=._:/@]+/gu, ' ').trim();
  return [...clean].slice(0, tagValueLimit).join('').trim();
}
