/**
 * Lifecycle policies: which images a policy expires. Pure.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
import { AwsError } from '../aws-error.ts';
import { matchesWildcard } from '../iam/wildcard.ts';
import type { StoredImage } from './image-store.ts';

export interface LifecycleRule {
  readonly priority: number;
  readonly tagStatus: 'any' | 'tagged' | 'untagged';
  readonly tagPrefixes: readonly string[];
  readonly tagPatterns: readonly string[];
  readonly countType: 'imageCountMoreThan' | 'sinceImagePushed';
  /** Images to keep, or days. */
  readonly count: number;
}

function invalid(why: string): AwsError {
  return new AwsError(
    'InvalidParameterException',
    `Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: ${why}'`,
  );
}

function textList(value: unknown, where: string): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length === 0 || value.some((one) => typeof one !== 'string'))
    throw invalid(`${where} must be a list of texts`);
  return value as string[];
}

function rule(value: unknown, index: number): LifecycleRule {
  const where = `rules[${index}]`;
  const { rulePriority, selection, action } = (value ?? {}) as Record<string, unknown>;
  if (!Number.isInteger(rulePriority) || (rulePriority as number) < 1)
    throw invalid(`${where}.rulePriority must be a whole number from 1`);
  const given = (selection ?? {}) as Record<string, unknown>;
  const tagStatus = given['tagStatus'];
  if (tagStatus !== 'any' && tagStatus !== 'tagged' && tagStatus !== 'untagged')
    throw invalid(`${where}.selection.tagStatus must be any, tagged or untagged`);
  const tagPrefixes = textList(given['tagPrefixList'], `${where}.selection.tagPrefixList`);
  const tagPatterns = textList(given['tagPatternList'], `${where}.selection.tagPatternList`);
  if (tagStatus === 'tagged' && tagPrefixes.length + tagPatterns.length === 0)
    throw invalid(`${where}: tagStatus tagged needs tagPrefixList or tagPatternList`);
  if (tagStatus !== 'tagged' && tagPrefixes.length + tagPatterns.length > 0)
    throw invalid(`${where}: tagPrefixList and tagPatternList are for tagStatus tagged only`);
  if (tagPrefixes.length > 0 && tagPatterns.length > 0)
    throw invalid(`${where}: tagPrefixList and tagPatternList exclude each other`);
  const countType = given['countType'];
  if (countType !== 'imageCountMoreThan' && countType !== 'sinceImagePushed')
    throw invalid(
      `${where}.selection.countType is ${JSON.stringify(countType)}; the lab knows imageCountMoreThan and sinceImagePushed`,
    );
  if (countType === 'sinceImagePushed' && given['countUnit'] !== 'days')
    throw invalid(`${where}: sinceImagePushed needs countUnit days`);
  if (countType === 'imageCountMoreThan' && given['countUnit'] !== undefined)
    throw invalid(`${where}: countUnit is for sinceImagePushed only`);
  const count = given['countNumber'];
  if (!Number.isInteger(count) || (count as number) < 1)
    throw invalid(`${where}.selection.countNumber must be a whole number from 1`);
  if ((action as Record<string, unknown> | undefined)?.['type'] !== 'expire')
    throw invalid(`${where}.action.type must be expire (the lab archives no images)`);
  return {
    priority: rulePriority as number,
    tagStatus,
    tagPrefixes,
    tagPatterns,
    countType,
    count: count as number,
  };
}

/** @throws AwsError InvalidParameterException */
export function parseLifecyclePolicy(text: string): readonly LifecycleRule[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('the policy is not valid JSON');
  }
  const list = (value as { rules?: unknown } | null)?.rules;
  if (!Array.isArray(list) || list.length === 0) throw invalid('rules must be a list with at least one rule');
  const rules = list.map(rule).sort((one, other) => one.priority - other.priority);
  rules.forEach((one, index) => {
    if (rules[index + 1]?.priority === one.priority)
      throw invalid(`rulePriority ${one.priority} is used more than once`);
    if (one.tagStatus === 'any' && index < rules.length - 1)
      throw invalid('a rule with tagStatus any must have the highest rulePriority number');
  });
  return rules;
}

function selects(one: LifecycleRule, image: StoredImage): boolean {
  const tags = [...image.tags];
  switch (one.tagStatus) {
    case 'any':
      return true;
    case 'untagged':
      return tags.length === 0;
    case 'tagged':
      // With several prefixes or patterns an image must satisfy all of them.
      return (
        tags.length > 0 &&
        one.tagPrefixes.every((prefix) => tags.some((tag) => tag.startsWith(prefix))) &&
        one.tagPatterns.every((pattern) => tags.some((tag) => matchesWildcard(pattern, tag)))
      );
  }
}

/**
 * What the policy expires now. Rules go by priority; what matches one rule's selection is no longer expired
 * by a later rule, yet still counts there. A manifest that a kept index refers to stays.
 */
export function expiredImages(
  images: readonly StoredImage[],
  rules: readonly LifecycleRule[],
  nowMs: number,
): readonly { readonly image: StoredImage; readonly rulePriority: number }[] {
  const newestFirst = [...images].sort((one, other) => other.pushedAtMs - one.pushedAtMs);
  const claimed = new Set<StoredImage>();
  const expired = new Map<StoredImage, number>();
  for (const one of rules) {
    const selected = newestFirst.filter((image) => selects(one, image));
    const beyond =
      one.countType === 'imageCountMoreThan'
        ? selected.slice(one.count)
        : selected.filter((image) => nowMs - image.pushedAtMs > one.count * 86_400_000);
    for (const image of beyond) if (!claimed.has(image)) expired.set(image, one.priority);
    for (const image of selected) claimed.add(image);
  }
  const held = new Set(images.filter((image) => !expired.has(image)).flatMap((image) => image.children));
  return [...expired]
    .filter(([image]) => !held.has(image.digest))
    .map(([image, rulePriority]) => ({ image, rulePriority }));
}
