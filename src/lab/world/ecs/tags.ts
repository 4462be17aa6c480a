/** Tags of clusters, services, tasks and task definitions. */

import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  Tag,
  TagResourceRequest,
  TagResourceResponse,
  UntagResourceRequest,
  UntagResourceResponse,
} from '@aws-sdk/client-ecs';
import { copyData } from '../plain-data.ts';
import { parseTaskDefinition, resourceOf } from './arns.ts';
import { invalidParameter } from './errors.ts';
import type { EcsContext } from './state.ts';

const mostTags = 50;
const keyLimit = 128;
const valueLimit = 256;
const allowed = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u;

/** @throws InvalidParameterException for tags that AWS does not take; its words are the lab's own. */
export function validateTags(tags: readonly Tag[]): void {
  for (const { key = '', value = '' } of tags) {
    if (key === '' || [...key].length > keyLimit) {
      throw invalidParameter(`The tag key must have from 1 to ${keyLimit} characters.`);
    }
    if ([...value].length > valueLimit) {
      throw invalidParameter(`The value of tag ${key} must have at most ${valueLimit} characters.`);
    }
    if (/^aws:/i.test(key)) throw invalidParameter(`The prefix aws: of tag ${key} is reserved.`);
    if (!allowed.test(key) || !allowed.test(value)) {
      throw invalidParameter(`Tag ${key} has characters that are not allowed.`);
    }
  }
  if (tags.length > mostTags) throw invalidParameter(`A resource can have at most ${mostTags} tags.`);
}

export class ResourceTags {
  readonly #context: EcsContext;

  constructor(context: EcsContext) {
    this.#context = context;
  }

  tag(input: TagResourceRequest): TagResourceResponse {
    const holder = this.#find(input.resourceArn);
    const tags = new Map(holder.tags.map((tag) => [tag.key, tag]));
    validateTags(input.tags ?? []);
    for (const tag of input.tags ?? []) tags.set(tag.key, { ...tag });
    if (tags.size > mostTags) throw invalidParameter(`A resource can have at most ${mostTags} tags.`);
    holder.tags = [...tags.values()];
    return {};
  }

  untag(input: UntagResourceRequest): UntagResourceResponse {
    const holder = this.#find(input.resourceArn);
    holder.tags = holder.tags.filter((tag) => !input.tagKeys?.includes(tag.key ?? ''));
    return {};
  }

  list(input: ListTagsForResourceRequest): ListTagsForResourceResponse {
    return { tags: copyData(this.#find(input.resourceArn).tags) };
  }

  #find(arn: string | undefined): { tags: Tag[] } {
    const { clusters, families, tasks } = this.#context.state;
    const [kind, first, second] = resourceOf(arn ?? '').split('/');
    const found =
      kind === 'cluster'
        ? clusters.get(first ?? '')
        : kind === 'service'
          ? clusters.get(first ?? '')?.services.get(second ?? '')
          : kind === 'task'
            ? tasks.get(arn ?? '')
            : kind === 'task-definition'
              ? this.#definition(families, first)
              : undefined;
    if (found === undefined) throw invalidParameter('The specified resource was not found.');
    return found;
  }

  #definition(
    families: EcsContext['state']['families'],
    name: string | undefined,
  ): { tags: Tag[] } | undefined {
    const parsed = parseTaskDefinition(name ?? '');
    return parsed === undefined ? undefined : families.get(parsed.family)?.[(parsed.revision ?? 0) - 1];
  }
}
